import { lazy } from "./lazy.tsx";
import type { QrCodeProps } from "./qr.tsx";

/** A QR code that cameras read as the text. What draws it is loaded when the first one is rendered. */
export const QrCode = lazy<QrCodeProps>(async () => (await import("./qr.tsx")).QrPicture);
