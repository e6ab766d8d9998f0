/** Folders that are there for a while. */
import { mkdtemp, realpath, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A folder outside the repository, gone when the body is done. KEEP=1 leaves it, for a look. */
export const withTemporaryFolder = async <A>(
  name: string,
  body: (folder: string) => Promise<A>
): Promise<A> => {
  const folder = await mkdtemp(join(await realpath(tmpdir()), `${name}-`))
  try {
    return await body(folder)
  } finally {
    if (process.env["KEEP"] === "1") console.log(`left ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}
