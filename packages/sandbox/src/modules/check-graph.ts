import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path'
import type { Metafile } from 'esbuild'
import { type FoundPackage, findPackage, packageOf } from './granted-packages.ts'
import { isEmptyInput } from './only-modules.ts'

/** The input that imports the granted module. */
const ENTRY = '<stdin>'

interface Visit {
  input: string
  /** The package that the input belongs to. */
  home: FoundPackage
}

/**
 * Checks that a bundle consists only of modules whose real path is inside the real folder of the granted package, or
 * inside that of a package that the importing module names and that is installed there.
 *
 * @param inputs esbuild's list of inputs and their imports; paths are relative to the granted package
 * @param loaded for each file that esbuild loaded, whether it is a JavaScript module
 * @returns the reason why the bundle may not be used, or undefined
 */
export function checkGraph(
  inputs: Metafile['inputs'],
  loaded: ReadonlyMap<string, boolean>,
  granted: FoundPackage,
): string | undefined {
  const absolute = (input: string) => resolve(granted.folder, input)
  // A file may have a name that looks like that of an empty input.
  const isEmpty = (input: string) => isEmptyInput(input) && !loaded.has(absolute(input))
  const queue: Visit[] = [{ input: ENTRY, home: granted }]
  const seen = new Set<string>()
  /** The packages that the bundle consists of, by folder. */
  const homes = new Map([[granted.folder, granted]])
  const installed = new Map<string, FoundPackage | undefined>()

  /** The package that a specifier names, if it is neither a path nor a name of the importing package's manifest. */
  function namedBy(specifier: string, from: string): FoundPackage | undefined {
    if (/^[.#/]/.test(specifier) || isAbsolute(specifier)) return undefined
    const key = `${from}\n${packageOf(specifier)}`
    if (!installed.has(key)) installed.set(key, findPackage(specifier, from))
    return installed.get(key)
  }

  /** Says why a module may not import a file, or queues the file. */
  function admit(input: string, candidates: readonly FoundPackage[]): string | undefined {
    if (isEmpty(input)) return undefined
    const path = loadedPath(absolute(input), loaded)
    if (path === undefined) return `${basename(input).slice(0, 100)} is not a file of a package`
    if (loaded.get(path) !== true) {
      return `${basename(path)} is not a JavaScript module (.js, .mjs or .cjs); JSON, text and other files cannot be imported`
    }
    const real = realpathSync(path)
    const home = candidates.find(({ folder }) => isInside(folder, real))
    if (home === undefined) return `it leads out of the package ${candidates[0]?.name}`
    homes.set(home.folder, home)
    const visit = `${home.folder}\n${input}`
    if (!seen.has(visit)) queue.push({ input, home })
    seen.add(visit)
    return undefined
  }

  function visit({ input, home }: Visit): string | undefined {
    for (const { path, original = path, kind, external } of inputs[input]?.imports ?? []) {
      const by =
        input === ENTRY ? '' : `${shown(home, absolute(input))} imports "${original.slice(0, 200)}": `
      if (external !== true) {
        const named = input === ENTRY ? undefined : namedBy(original, dirname(absolute(input)))
        const problem = admit(path, named === undefined ? [home] : [home, named])
        if (problem !== undefined) return `${by}${problem}`
      } else if (kind === 'import-statement' && /^([a-z][a-z\d+.-]*:|\/\/)/i.test(path)) {
        return `${by}it is not a file of a package`
      }
    }
    return undefined
  }

  /** esbuild does not say who imports a file by a pattern, as in `require('./' + name)`. Any package here may. */
  function admitOthers(): string | undefined {
    const reached = (input: string) => [...homes.keys()].some((folder) => seen.has(`${folder}\n${input}`))
    const others = Object.keys(inputs).filter(
      (input) => input !== ENTRY && !isEmpty(input) && !reached(input),
    )
    const problems = others.map((input) => admit(input, [...homes.values()]))
    // If one of them passes the check, it may import the others.
    const [problem] = problems.includes(undefined) ? [] : problems
    return problem === undefined ? undefined : `${granted.name} imports files by a pattern: ${problem}`
  }

  while (queue.length > 0) {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const problem = visit(next)
      if (problem !== undefined) return problem
    }
    const problem = admitOthers()
    if (problem !== undefined) return problem
  }
  return undefined
}

/** The path of an input as esbuild loaded it: without a suffix such as `?raw`. */
function loadedPath(path: string, loaded: ReadonlyMap<string, boolean>): string | undefined {
  return [path, path.replace(/[?#].*$/, '')].find((one) => loaded.has(one))
}

function isInside(folder: string, path: string): boolean {
  const rest = relative(folder, path)
  return rest !== '' && rest !== '..' && !/^\.\.[\\/]/.test(rest) && !isAbsolute(rest)
}

function shown({ name, folder }: FoundPackage, file: string): string {
  return `${name}/${relative(folder, file).replaceAll('\\', '/')}`
}
