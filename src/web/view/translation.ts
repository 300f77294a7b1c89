import { Signal } from "@preact/signals";
import { Fragment, h, options } from "preact";

const before = options.vnode;
let isWrapping = false;

/**
 * Wraps each text of the page in an element of its own, which is replaced together with the text. A browser that
 * translates the page replaces text nodes by its own elements. Otherwise later renders would change nodes that are no
 * longer in the document, and old texts would stay beside the new ones. Elements that must not be translated are left
 * alone.
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
