import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** Finds a program in the folders of `path`. Returns undefined if none of them has it. */
export function findProgram(name: string, path = process.env.PATH ?? '/usr/bin:/bin'): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram)
}

/** Tells whether a path is absolute and names an executable file. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return isAbsolute(file) && statSync(file).isFile()
  } catch {
    return false
  }
}
