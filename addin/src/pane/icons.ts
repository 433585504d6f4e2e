// Drawn for 20 by 20, one colour: the text's own, so that high contrast and dark themes need nothing. Each has words beside it.
import { h, type Shown } from "./dom.js";

const paths = {
  lock: "M6 8V6a4 4 0 0 1 8 0v2h.5A1.5 1.5 0 0 1 16 9.500v6A1.500 1.500 0 0 1 14.500 17h-9A1.500 1.500 0 0 1 4 15.500v-6A1.500 1.500 0 0 1 5.500 8Zm1.500 0h5V6a2.500 2.500 0 0 0-5 0Zm2.500 3a1.300 1.300 0 0 0-.7 2.400V15h1.400v-1.600A1.300 1.300 0 0 0 10 11Z",
  house: "M10 3 3 9l1 1.100L5 9.300V16h4v-4h2v4h4V9.300l1 .8L17 9Z",
  stop: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm-2.800 4.100L10 8.900l2.800-2.800 1.100 1.100L11.100 10l2.800 2.800-1.100 1.100L10 11.100l-2.800 2.800-1.100-1.100L8.900 10 6.100 7.200Z",
  warning: "M10 2.500a1.200 1.200 0 0 0-1.100.6L2 15.500A1.200 1.200 0 0 0 3.100 17.300h13.800a1.200 1.200 0 0 0 1.100-1.800L11.100 3.100A1.200 1.200 0 0 0 10 2.500ZM9.200 7h1.600v5H9.200Zm.8 6.200a.9.9 0 1 1 0 1.900.9.9 0 0 1 0-1.900Z",
  info: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 3.700a1 1 0 1 1 0 2 1 1 0 0 1 0-2ZM9.200 9h1.600v5.300H9.200Z",
  check: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm3.700 5.100 1.100 1.100L9 14l-3.800-3.800 1.100-1.100L9 11.800Z",
  clock: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 1.600a6.400 6.400 0 1 1 0 12.800 6.400 6.400 0 0 1 0-12.800ZM9.200 5.500v5l3.600 2.100.8-1.300-2.900-1.700V5.500Z",
} as const;

export type Icon = keyof typeof paths;

export function icon(name: Icon): Shown {
  return { tag: "svg", key: `icon ${name}`, attributes: { class: `icon ${name}`, viewBox: "0 0 20 20", width: "20", height: "20", "aria-hidden": "true", focusable: "false" },
    children: [h("path", { d: paths[name], "fill-rule": "evenodd" })] };
}
