import { Chat } from "./chat.ts";
import { find } from "./element.ts";

// A room's page and its WebSocket endpoint have one address.
const { protocol, host, pathname } = location;
const room = pathname === "/" ? "Main room" : `Room ${pathname.slice(pathname.lastIndexOf("/") + 1)}`;
find("room", HTMLElement).textContent = room;
document.title = `${room} · Chat`;
new Chat(`${protocol === "https:" ? "wss:" : "ws:"}//${host}${pathname}`);
