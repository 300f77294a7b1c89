import { Signal } from "@preact/signals";
import { Fragment, h, options } from "preact";

const before = options.vnode;
let isWrapping = false;

/**
 * Puts each text of the page into an element of its own, which goes when the text does. A browser that translates the page
 * puts elements of its own in the place of text nodes: what is rendered later would change nodes that are not in the
 * document any more, and the old words would stay beside the new ones.
 */
options.vnode = (vnode) => {
  const { type, props } = vnode;
  if (!isWrapping && (type === Fragment || (typeof type === "string" && type !== "option"))) {
    const { children, translate } = props as { children?: unknown; translate?: boolean };
    // What must not be translated stays as it is.
    if (translate !== false) Object.assign(props, { children: wrap(children) });
  }
  before?.(vnode);
};

function wrap(child: unknown): unknown {
  if (Array.isArray(child)) return child.map(wrap);
  const text = child instanceof Signal ? child.value : child;
  if (!/\S/.test(typeof text === "number" ? `${text}` : typeof text === "string" ? text : "")) return text;
  isWrapping = true;
  const word = h("span", { key: String(text) }, String(text));
  isWrapping = false;
  return word;
}
