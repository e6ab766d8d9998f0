/** A copy of the repository in which a release can be tried. */
import { existsSync } from "node:fs"
import { cp, mkdir, symlink } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { run } from "../shell.js"
import { packages, root } from "../workspace.js"

/**
 * All files git knows, and those it would take, in a repository of their own, so that nothing touches the real
 * one. Gives what undoes all changes since.
 */
export const copyRepository = async (folder: string): Promise<() => Promise<void>> => {
  const { stdout } = await run(
    "listing the files of the repository",
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    { cwd: root }
  )
  for (const file of stdout.split("\0").filter((file) => file !== "")) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(root, file), join(folder, file), { recursive: true, verbatimSymlinks: true }).catch(
      (error: NodeJS.ErrnoException) => {
        // Deleted, and git has not been told yet.
        if (error.code !== "ENOENT") throw error
      }
    )
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"))
  // Where pnpm looks up the version of a sibling: links from one package to another, here within the copy.
  for (const { directory } of await packages()) {
    const links = join(directory, "node_modules/@effect-airflow")
    if (!existsSync(links)) continue
    await cp(links, join(folder, relative(root, links)), { recursive: true, verbatimSymlinks: true })
  }
  const git = (...args: ReadonlyArray<string>) => run("git", "git", args, { cwd: folder })
  await git("init", "--quiet", "--initial-branch=main")
  await git("add", "--all")
  const identity = ["-c", "user.name=release-check", "-c", "user.email=release-check@localhost"]
  await git(...identity, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message=copy")
  return async () => {
    await git("reset", "--quiet", "--hard")
    await git("clean", "--quiet", "--force", "-d")
  }
}
