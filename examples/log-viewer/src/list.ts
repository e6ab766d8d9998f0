/**
 * A list of rows of one height, of which only those in sight are in the document. Rows stay in the document, and in
 * order, for as long as they are in sight, so that what is selected or focused there stays so.
 */

export const rowHeight = 20

/** Rows drawn above and below those in sight. */
const margin = 10

/** No element can be higher, in some browsers: then scrolling goes in proportion. */
const heights = [30_000_000, 15_000_000]

export interface Source {
  readonly length: () => number
  /** What stays the same of a row, wherever it is. */
  readonly key: (row: number) => number
  /** The row of a key, or the next one that is there. */
  readonly rowOf: (key: number) => number
  /** Fills a row's element. */
  readonly draw: (element: HTMLElement, key: number) => void
  readonly onScroll: (atEnd: boolean, upwards: boolean) => void
}

export class List {
  readonly element: HTMLElement
  private readonly space = document.createElement("div")
  private readonly drawn = new Map<number, HTMLElement>()
  /** Which rows are to be drawn anew. */
  private stale: ((key: number) => boolean) | undefined
  private lastTop = 0
  private readonly limit: number
  private readonly resized: ResizeObserver

  private readonly source: Source
  private readonly ask: () => void

  /** `ask` asks for a `render` soon. */
  constructor(element: HTMLElement, source: Source, ask: () => void) {
    this.element = element
    this.source = source
    this.ask = ask
    this.space.className = "space"
    element.append(this.space)
    this.limit = this.highest()
    element.addEventListener("scroll", this.scrolled, { passive: true })
    this.resized = new ResizeObserver(() => this.ask())
    this.resized.observe(element)
  }

  close(): void {
    this.resized.disconnect()
    this.element.removeEventListener("scroll", this.scrolled)
  }

  private highest(): number {
    for (const height of heights) {
      this.space.style.height = `${height}px`
      if (this.space.offsetHeight === height) return height
    }
    return heights.at(-1)!
  }

  private get inner(): number {
    return this.element.clientHeight
  }
  private get total(): number {
    return this.source.length() * rowHeight
  }
  /** How far the list could be scrolled if there were no limit, over how far it can be. */
  private get ratio(): number {
    const { inner, limit, total } = this
    return total <= limit ? 1 : (total - inner) / (limit - inner)
  }

  /** Pixels above what is in sight. */
  private get offset(): number {
    return this.element.scrollTop * this.ratio
  }
  private set offset(to: number) {
    this.element.scrollTop = to / this.ratio
    this.lastTop = this.element.scrollTop
  }

  get atEnd(): boolean {
    const { element } = this
    return element.scrollHeight - element.clientHeight - element.scrollTop < 2
  }

  private readonly scrolled = (): void => {
    const top = this.element.scrollTop
    const upwards = top < this.lastTop - 1
    if (top !== this.lastTop) this.source.onScroll(this.atEnd, upwards)
    this.lastTop = top
    this.ask()
  }

  /** The first row in sight, and how many pixels of it are not. */
  anchor(): { readonly key: number; readonly pixels: number } | undefined {
    const row = Math.floor(this.offset / rowHeight)
    if (row >= this.source.length()) return undefined
    return { key: this.source.key(row), pixels: this.offset - row * rowHeight }
  }

  /** Brings back what `anchor` told, whatever came or went above it. */
  restore(anchor: { readonly key: number; readonly pixels: number } | undefined): void {
    this.fit()
    if (anchor !== undefined) this.offset = this.source.rowOf(anchor.key) * rowHeight + anchor.pixels
  }

  toStart(): void {
    this.offset = 0
    this.ask()
  }

  toEnd(): void {
    this.fit()
    this.offset = Math.max(0, this.total - this.inner)
  }

  /** Brings a row into sight, a third from the top, if it is not well in sight. */
  reveal(key: number): void {
    this.fit()
    const top = this.source.rowOf(key) * rowHeight
    const { inner, offset } = this
    if (top < offset + rowHeight || top > offset + inner - 2 * rowHeight)
      this.offset = Math.max(0, top - inner / 3)
  }

  /** Brings a row to the top. */
  toTop(key: number): void {
    this.fit()
    this.offset = this.source.rowOf(key) * rowHeight
  }

  /** These rows look different from now on; default: all. The others are left alone, and what is selected there. */
  invalidate(which: (key: number) => boolean = () => true): void {
    const { stale } = this
    this.stale = stale === undefined ? which : (key) => stale(key) || which(key)
    this.ask()
  }

  private fit(): void {
    const height = `${Math.min(this.total, this.limit)}px`
    if (this.space.style.height === height) return
    this.space.style.height = height
    // A shorter list is scrolled by the browser, not by who reads.
    this.lastTop = this.element.scrollTop
  }

  render(): void {
    this.fit()
    const { drawn, inner, offset, source, space, stale } = this
    const first = Math.max(0, Math.floor(offset / rowHeight) - margin)
    const last = Math.min(source.length(), Math.ceil((offset + inner) / rowHeight) + margin)
    const wanted = new Set<number>()
    for (let row = first; row < last; row++) wanted.add(source.key(row))

    const focused = document.activeElement
    let focusIn: number | undefined
    const spare: Array<HTMLElement> = []
    for (const [key, element] of drawn) {
      const holdsFocus = focused !== null && focused !== element && element.contains(focused)
      if (wanted.has(key)) {
        if (holdsFocus && stale?.(key) === true) focusIn = key
        continue
      }
      // Focus must not fall out of the page.
      if (holdsFocus) this.element.focus({ preventScroll: true })
      drawn.delete(key)
      element.remove()
      spare.push(element)
    }

    // Where there is a limit, rows stand relative to how far is scrolled.
    const shift = this.element.scrollTop - offset
    let next = space.firstElementChild
    for (let row = first; row < last; row++) {
      const key = source.key(row)
      let element = drawn.get(key)
      const isNew = element === undefined
      if (element === undefined) {
        element = spare.pop() ?? document.createElement("div")
        drawn.set(key, element)
        space.insertBefore(element, next)
      } else next = element.nextElementSibling
      if (isNew || stale?.(key) === true) source.draw(element, key)
      const top = `${row * rowHeight + shift}px`
      if (element.style.top !== top) element.style.top = top
    }
    this.stale = undefined
    if (focusIn !== undefined)
      drawn.get(focusIn)?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true })
  }
}
