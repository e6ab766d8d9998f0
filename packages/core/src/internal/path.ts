/** Puts encoded values into a template: `/dags/{dag_id}` with `a b` is `/dags/a%20b`. The values were checked. */
export const expand = (template: string, values: Readonly<Record<string, unknown>>): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])))
