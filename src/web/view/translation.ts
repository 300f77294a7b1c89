import { Signal } from "@preact/signals";
import { Fragment, h, options } from "preact";

const before = options.vnode;
let isWrapping = false;

/**
 * Puts each text of the page into an element of its own, which goes when the text does. A browser that translates the page
 * puts elements of its own in the place of text nodes: what is rendered later would change nodes that are not in the
 * document any more, and the old words would stay beside the new ones. What must not be translated stays as it is.
 */
options.vnode = (vnode) => {
  const { type } = vnode;
  const props: { children?: unknown; translate?: unknown } = vnode.props;
  const hasTexts = type === Fragment || (typeof type === "string" && type !== "option");
  if (hasTexts && !isWrapping && props.translate !== false) props.children = wrap(props.children);
  before?.(vnode);
};

function wrap(child: unknown): unknown {
  if (Array.isArray(child)) return child.map(wrap);
  const text = child instanceof Signal ? child.value : child;
  if ((typeof text !== "string" && typeof text !== "number") || !/\S/.test(`${text}`)) return text;
  isWrapping = true;
  const word = h("span", { key: text }, text);
  isWrapping = false;
  return word;
}
