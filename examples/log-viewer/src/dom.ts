/**
 * Making elements. Texts become text nodes, and what would run or be read as markup is refused: elements of scripts, styles and
 * other pages by their type, attributes that hold code, a style or markup, and addresses that are code.
 */

type Tag = Exclude<
  keyof HTMLElementTagNameMap,
  "script" | "style" | "iframe" | "frame" | "object" | "embed" | "base" | "link" | "meta" | "template"
>

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

const holdsCode = /^(on|style$|srcdoc$)/i
const holdsAddress = /^((xlink:)?href|src|srcset|action|formaction|data|poster|ping|background|manifest)$/i

/** As a browser reads it, which leaves out line feeds, tabs and what stands before. */
const isCode = (address: string): boolean => {
  try {
    return new URL(address, "https://page.invalid/").protocol === "javascript:"
  } catch {
    return false
  }
}

export const h = <Name extends Tag>(
  tag: Name,
  attributes: Attributes = {},
  ...children: ReadonlyArray<Node | string>
): HTMLElementTagNameMap[Name] => {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== false)
  for (const [name, value] of given) {
    if (holdsCode.test(name) || (holdsAddress.test(name) && isCode(String(value))))
      throw new Error(`refused on <${tag}>: the attribute ${name}`)
  }
  const element = document.createElement(tag)
  for (const [name, value] of given) element.setAttribute(name, value === true ? "" : String(value))
  element.append(...children)
  return element
}

/** A button that does something. */
export const button = (label: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement => {
  const element = h("button", { type: "button", ...attributes }, label)
  element.addEventListener("click", act)
  return element
}

let ids = 0

/** A control under its label. */
export const labelled = (label: string, control: HTMLElement): HTMLElement => {
  control.id ||= `field-${++ids}`
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control)
}
