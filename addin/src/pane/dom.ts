// What is shown, as plain values, and the smallest change of the page that shows it. Elements stay while what they show stays: focus,
// the place in a list and what a screen reader reads are not lost when something beside them changes. Text only, never markup.

export interface Shown {
  readonly tag: string;
  readonly key?: string;
  readonly attributes?: Readonly<Record<string, string | boolean | undefined>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Of an input, a select or a progress bar. */
  readonly value?: string | number | undefined;
  readonly checked?: boolean;
  readonly children?: readonly (Shown | string | undefined | false)[];
}

const svg = "http://www.w3.org/2000/svg";
const kept = new WeakMap<Element, Shown>();
const keyOf = new WeakMap<Element, string>();

export function h(tag: string, attributes: Shown["attributes"] & object = {}, ...children: NonNullable<Shown["children"]>[number][]): Shown {
  return { tag, attributes, children };
}

/** Makes the children of an element be what is asked for. */
export function show(into: Element, wanted: NonNullable<Shown["children"]>): void {
  const keys = wanted.map((one, place) => (typeof one === "object" ? (one.key ?? `${one.tag} ${place}`) : undefined));
  const old = new Map<string, Element>();
  for (const child of [...into.children]) {
    const key = keyOf.get(child);
    // What is no longer wanted goes first, so that nothing that stays has to move past it: an element that is moved loses the focus.
    if (key === undefined || !keys.includes(key)) child.remove();
    else old.set(key, child);
  }
  let at: ChildNode | null = into.firstChild;
  for (const [place, one] of wanted.entries()) {
    if (one === undefined || one === false) continue;
    if (typeof one === "string") {
      if (at?.nodeType === 3) {
        if (at.nodeValue !== one) at.nodeValue = one;
        at = at.nextSibling;
      } else into.insertBefore(into.ownerDocument.createTextNode(one), at);
      continue;
    }
    const key = keys[place] ?? "";
    let element = old.get(key);
    if (element?.localName !== one.tag) {
      element = make(into, one.tag);
      keyOf.set(element, key);
    }
    if (element === at) at = at.nextSibling;
    else into.insertBefore(element, at);
    apply(element, one);
  }
  while (at !== null) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

function make(into: Element, tag: string): Element {
  return tag === "svg" || into.namespaceURI === svg ? into.ownerDocument.createElementNS(svg, tag) : into.ownerDocument.createElement(tag);
}

function apply(element: Element, wanted: Shown): void {
  const before = kept.get(element);
  kept.set(element, wanted);
  const attributes = wanted.attributes ?? {};
  for (const name of Object.keys(before?.attributes ?? {})) if (attributes[name] === undefined || attributes[name] === false) element.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) {
    const text = value === true ? "" : value;
    if (text !== undefined && text !== false && element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
  for (const type of Object.keys(wanted.on ?? {})) if (before?.on?.[type] === undefined) element.addEventListener(type, dispatch);
  show(element, wanted.children ?? []);
  if (wanted.value !== undefined) {
    const value = String(wanted.value);
    if (element.localName === "progress") element.setAttribute("value", value);
    else if ((element as HTMLInputElement).value !== value) (element as HTMLInputElement).value = value;
  }
  if (wanted.checked !== undefined && (element as HTMLInputElement).checked !== wanted.checked) (element as HTMLInputElement).checked = wanted.checked;
}

/** One listener for an element's whole life: what it calls is what is shown now. */
function dispatch(this: unknown, event: Event): void {
  kept.get(event.currentTarget as Element)?.on?.[event.type]?.(event);
}
