/** Making elements. Texts become text nodes: there is no way to pass markup, a style or a script. */

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

export const h = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: ReadonlyArray<Node | string>
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    element.setAttribute(name, value === true ? "" : String(value))
  }
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
export const labelled = (label: string, control: HTMLElement, attributes: Attributes = {}): HTMLElement => {
  control.id ||= `field-${++ids}`
  return h("div", { class: "field", ...attributes }, h("label", { for: control.id }, label), control)
}
