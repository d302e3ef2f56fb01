import { createHash, type Hash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkInputName, InputError, nearestNames } from '@bailiwick/contract'
import { z } from 'zod'
import { readBfcl } from './bfcl.ts'
import { type Case, caseSchema, isFileInput } from './case.ts'
import { readGsm8k } from './gsm8k.ts'
import { readHumanEvalX } from './humaneval-x.ts'
import { readRows } from './read-rows.ts'

/** A case and what identifies it. */
export interface HashedCase {
  readonly case: Case
  /** Digest of everything that decides about the answer and its score: not of tags and solution. */
  readonly hash: string
}

/** A set of cases, which are read one at a time. */
export interface Dataset {
  readonly name: string
  /** Folder that paths of input files start from. */
  readonly folder: string
  /** Reads the cases from the first. Each call reads them again. @throws InputError for a row that is no case */
  cases(): AsyncIterable<HashedCase>
}

/** Reads the rows of a published data set as cases. */
export type Adapter = (path: string) => AsyncIterable<Case>

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  gsm8k: readGsm8k,
  'humaneval-x': readHumanEvalX,
  bfcl: readBfcl,
}

/** The file that a folder's dataset is in. */
const FOLDER_FILES = ['tasks.jsonl', 'dataset.jsonl']

/**
 * Opens a dataset: a `.jsonl` file, a folder with `tasks.jsonl`, a module whose default export is a list (or an
 * iterable) of cases, or `gsm8k:<path>`, `humaneval-x:<path>`, `bfcl:<path>`.
 *
 * @throws InputError if there is no such dataset
 * @example
 * for await (const { case: each } of openDataset('docs/examples/tasks').cases()) console.log(each.id)
 */
export function openDataset(ref: string, from = process.cwd()): Dataset {
  const [, scheme, rest] = /^([a-z][\w-]+):(.+)$/s.exec(ref) ?? []
  if (scheme !== undefined && rest !== undefined && !existsSync(resolve(from, ref))) {
    const adapter = Object.hasOwn(ADAPTERS, scheme) ? ADAPTERS[scheme] : undefined
    if (adapter === undefined) throw unknownScheme(scheme)
    const path = requirePath(resolve(from, rest), ref)
    return dataset(`${scheme}-${stem(path)}`, dirname(path), () => adapter(path))
  }
  const path = requirePath(resolve(from, ref), ref)
  if (statSync(path).isDirectory()) {
    const file = FOLDER_FILES.map((name) => join(path, name)).find((name) => existsSync(name))
    if (file === undefined) {
      throw new InputError(
        `Expected ${FOLDER_FILES.join(' or ')} in the folder ${ref}, found neither. Name the file of the dataset.`,
      )
    }
    return dataset(basename(path), path, () => readRows(file))
  }
  const kind = extname(path).toLowerCase()
  if (kind === '.jsonl' || kind === '.ndjson') return dataset(stem(path), dirname(path), () => readRows(path))
  if (/^\.[cm]?[jt]s$/.test(kind)) return dataset(stem(path), dirname(path), () => readModule(path))
  throw new InputError(
    `Expected a dataset as .jsonl, as a module (.js, .ts) or as a folder, found ${basename(path)}. Published sets: ${Object.keys(ADAPTERS).join(':<path>, ')}:<path>.`,
  )
}

function unknownScheme(scheme: string): InputError {
  const names = Object.keys(ADAPTERS)
  const [meant] = nearestNames(scheme, names)
  return new InputError(
    `Expected a data set of a known form (${names.join(', ')}), found "${scheme}:".${meant === undefined ? '' : ` Did you mean "${meant}:"?`}`,
  )
}

function requirePath(path: string, ref: string): string {
  if (existsSync(path)) return path
  throw new InputError(`Expected a dataset at ${path}, found nothing. Check the path "${ref}".`)
}

function stem(path: string): string {
  return basename(path, extname(path))
}

function dataset(name: string, folder: string, read: () => AsyncIterable<unknown>): Dataset {
  const files = new Map<string, string>()
  return {
    name,
    folder,
    async *cases() {
      const ids = new Set<string>()
      let row = 0
      for await (const given of read()) {
        row += 1
        const found = parseCase(given, `${name}, case ${row}`)
        if (ids.has(found.id)) {
          throw new InputError(
            `${name}, case ${row}: expected an id of its own, found "${found.id}" again. Change it.`,
          )
        }
        ids.add(found.id)
        yield { case: found, hash: hashCase(found, folder, files) }
      }
      if (row === 0) throw new InputError(`Expected at least one case in ${name}, found none.`)
    },
  }
}

function parseCase(given: unknown, where: string): Case {
  const parsed = caseSchema.safeParse(given)
  if (!parsed.success) throw new InputError(`${where}: expected a case.\n${z.prettifyError(parsed.error)}`)
  for (const name of Object.keys(parsed.data.inputs ?? {})) checkInputName(name)
  const { checks = [], expected } = parsed.data
  const lacks = checks.some(
    (check) =>
      typeof check !== 'function' &&
      'expected' in check === false &&
      expected === undefined &&
      needsExpected(check.kind),
  )
  if ((checks.length === 0 && expected === undefined) || lacks) {
    throw new InputError(
      `${where} (${parsed.data.id}): expected an answer to compare with, found none. Give "expected".`,
    )
  }
  return parsed.data
}

function needsExpected(kind: string): boolean {
  return kind === 'exact' || kind === 'number' || kind === 'set'
}

/** Digest of a case without its tags and solution. Functions count by their text, files by their content. */
function hashCase(each: Case, folder: string, files: Map<string, string>): string {
  const { tags: _, solution: __, ...rest } = each
  const hash = createHash('sha256').update(
    JSON.stringify(rest, (_key, value) => (typeof value === 'function' ? String(value) : value)),
  )
  for (const input of Object.values(each.inputs ?? {})) {
    if (isFileInput(input)) hash.update(`\n${hashFile(join(folder, input.file), each.id, files)}`)
  }
  return shortDigest(hash)
}

function hashFile(path: string, id: string, known: Map<string, string>): string {
  let digest = known.get(path)
  if (digest === undefined) {
    if (!existsSync(path)) {
      throw new InputError(`Case "${id}": expected an input file at ${path}, found nothing. Correct "file".`)
    }
    digest = shortDigest(createHash('sha256').update(readFileSync(path)))
    known.set(path, digest)
  }
  return digest
}

function shortDigest(hash: Hash): string {
  return hash.digest('hex').slice(0, 24)
}

async function* readModule(path: string): AsyncGenerator<unknown> {
  const module: { default?: unknown } = await import(pathToFileURL(path).href)
  const cases = typeof module.default === 'function' ? module.default() : module.default
  if (
    typeof cases !== 'object' ||
    cases === null ||
    !(Symbol.iterator in cases || Symbol.asyncIterator in cases)
  ) {
    throw new InputError(`Expected ${path} to export a list of cases by default, found ${typeof cases}.`)
  }
  yield* cases as AsyncIterable<unknown>
}
