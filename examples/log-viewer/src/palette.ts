/**
 * The 240 colours of a terminal's palette that have no name, as rules for the classes that `SafeText` gives. The rules
 * are made by script, which a strict content security policy allows. A colour that could not be read on the page is
 * moved towards black or white.
 */

type Colour = readonly [red: number, green: number, blue: number]

const steps = [0, 95, 135, 175, 215, 255]

const colour = (index: number): Colour => {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10
    return [grey, grey, grey]
  }
  const at = index - 16
  return [steps[Math.floor(at / 36)]!, steps[Math.floor(at / 6) % 6]!, steps[at % 6]!]
}

/** As WCAG defines it. */
export const luminance = (of: Colour): number => {
  const [red, green, blue] = of.map((part) => {
    const value = part / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as unknown as Colour
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)

/** The nearest to a colour that can be read on this ground. */
export const readable = (of: Colour, ground: Colour): Colour => {
  const under = luminance(ground)
  const target = under > 0.18 ? 0 : 255
  for (let part = 0; part <= 1; part += 0.1) {
    const mixed = of.map((value) => Math.round(value + (target - value) * part)) as unknown as Colour
    if (contrast(luminance(mixed), under) >= 4.6) return mixed
  }
  return [target, target, target]
}

const css = ([red, green, blue]: Colour): string => `rgb(${red} ${green} ${blue})`

/** The darkest and the lightest that a row has. */
const light: Colour = [236, 239, 244]
const dark: Colour = [33, 38, 48]

export const install = (): void => {
  const sheet = new CSSStyleSheet()
  for (let index = 16; index < 256; index++) {
    const one = colour(index)
    const text = luminance(one) > 0.18 ? "#000" : "#fff"
    sheet.insertRule(`.ansi-bg-${index} { background: ${css(one)}; color: ${text} }`)
  }
  for (let index = 16; index < 256; index++) {
    const one = colour(index)
    const pair = `light-dark(${css(readable(one, light))}, ${css(readable(one, dark))})`
    sheet.insertRule(`.ansi-fg-${index} { color: ${pair} }`, sheet.cssRules.length)
  }
  document.adoptedStyleSheets.push(sheet)
}
