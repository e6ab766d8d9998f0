/** Numbers of entries, in ascending order: a list that grows. */
export class Ids {
  length = 0
  private values = new Uint32Array(1024)

  push(id: number): void {
    if (this.length === this.values.length) {
      const larger = new Uint32Array(this.values.length * 2)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.length++] = id
  }

  at = (place: number): number => this.values[place]!

  /** The place of the first that is not below this one: the length, if there is none. */
  placeOf(id: number): number {
    let from = 0
    let to = this.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.values[middle]! < id) from = middle + 1
      else to = middle
    }
    return from
  }

  has = (id: number): boolean => {
    const place = this.placeOf(id)
    return place < this.length && this.values[place] === id
  }

  /** Forgets this one and all after it. */
  dropFrom(id: number): void {
    this.length = this.placeOf(id)
  }
}
