import type { Problem } from "../AirflowError.js"

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** Reads an error body leniently: anything that is not a JSON object is no problem, and no error either. */
export const parse = (contentType: string, body: string): Problem | undefined => {
  if (!/json/i.test(contentType)) return undefined
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined
  const fields = json as Record<string, unknown>
  const type = text(fields["type"])
  const title = text(fields["title"])
  const detail = text(fields["detail"])
  const status = fields["status"]
  return {
    ...(type === undefined ? {} : { type }),
    ...(title === undefined ? {} : { title }),
    ...(detail === undefined ? {} : { detail }),
    ...(typeof status === "number" ? { status } : {})
  }
}
