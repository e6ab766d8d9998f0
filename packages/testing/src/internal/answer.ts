/** What a view gives back, before it becomes bytes. */

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether it is compressed for who accepts that; the server of Airflow 3 does so. */
  readonly gzip?: true
}

/** Thrown to answer from anywhere in a view. */
export class Refusal extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}

export const refuse = (answer: Answer): never => {
  throw new Refusal(answer)
}

/** Gives what a view does, or what it was refused with. */
export const caught = (view: () => Answer): Answer => {
  try {
    return view()
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}
