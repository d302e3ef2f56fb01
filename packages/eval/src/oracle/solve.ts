import type { Json } from '@bailiwick/contract'
import type { Solution } from '../dataset/case.ts'
import { type PrintedRequest, printedValue } from './printed-request.ts'

interface PlannedCall {
  name: string
  arguments: { [key: string]: Json }
}

/** What the oracle does next. */
export type Move =
  | { kind: 'code'; helpers: string; code: string }
  /** Code that gives the answer which an earlier reply has computed. */
  | { kind: 'answer' }
  | { kind: 'calls'; calls: PlannedCall[] }
  | { kind: 'final'; answer: Json }
  | { kind: 'text'; text: string }

/** Whether the solution says how to work in this way. */
export function fitsLevel(solution: Solution | undefined, level: number | null): boolean {
  if (solution === undefined || level === null) return false
  if (level === 5) return solution.code !== undefined
  if (solution.calls === undefined || solution.answer === undefined) return false
  if (level >= 3) return true
  return level !== 1 && solution.calls.length <= (level === 2 ? 1 : 0)
}

/** The next move towards the solution, from what the request shows. */
export function nextMove(solution: Solution, request: PrintedRequest): Move {
  if (request.way === 'code') {
    // The code ran, and only its answer was refused. Running it again would make its calls again.
    if (/answer was refused/.test(request.observed)) return { kind: 'answer' }
    return solution.code === undefined
      ? { kind: 'text', text: 'This task has no solution in code.' }
      : { kind: 'code', helpers: helpersFor(solution.code, request), code: solution.code }
  }
  const { calls = [], answer } = solution
  if (answer === undefined) return { kind: 'text', text: 'This task has no solution by calls.' }
  const results: unknown[] = []
  for (const round of request.way === 'text' && request.calls.length === 0 ? [] : calls) {
    const found = round.map((call) => ({ call, result: resultOf(call, request) }))
    const missing = found.filter(({ result }) => result === undefined).map(({ call }) => call)
    if (missing.length > 0 && request.way !== 'text') {
      const unknown = missing.find(({ name }) => !request.tools.includes(name))
      return unknown === undefined
        ? { kind: 'calls', calls: missing }
        : { kind: 'text', text: `The request offers no tool ${unknown.name}.` }
    }
    results.push(...found.map(({ result }) => printedValue(result ?? 'null')))
  }
  const filled = fill(answer, results)
  if (request.way === 'steps') return { kind: 'final', answer: filled }
  return { kind: 'text', text: typeof filled === 'string' ? filled : JSON.stringify(filled) }
}

function resultOf({ name, arguments: args }: PlannedCall, { calls }: PrintedRequest): string | undefined {
  const wanted = JSON.stringify(args)
  return calls.findLast(
    (call) => call.name === name && call.result !== undefined && sameJson(call.arguments, wanted),
  )?.result
}

function sameJson(text: string, wanted: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === wanted
  } catch {
    return false
  }
}

/** Replaces each text such as `$0.rows[0].total` or `$0.rows[*].name` by that part of the results. */
function fill(answer: Json, results: readonly unknown[]): Json {
  if (typeof answer === 'string') {
    const [, index, path = ''] = /^\$(\d+)((?:\.[\w$]+|\[(?:\d+|\*)\])*)$/.exec(answer) ?? []
    return index === undefined ? answer : (pick(results[Number(index)], keysOf(path)) as Json)
  }
  if (Array.isArray(answer)) return answer.map((item) => fill(item, results))
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, fill(value, results)]))
}

function keysOf(path: string): string[] {
  return [...path.matchAll(/\.([\w$]+)|\[(\d+|\*)\]/g)].map(([, name, index]) => name ?? index ?? '')
}

function pick(value: unknown, keys: readonly string[]): unknown {
  const [key, ...rest] = keys
  if (key === undefined) return value ?? null
  if (key === '*') return Array.isArray(value) ? value.map((item) => pick(item, rest)) : null
  return typeof value === 'object' && value !== null
    ? pick((value as Record<string, unknown>)[key], rest)
    : null
}

/** Functions that a solution may use: `text(name)` and `table(name)` read a file, as the request offers it. */
function helpersFor(code: string, { system }: PrintedRequest): string {
  const names = [
    ...new Set([...code.matchAll(/\b(?:text|table)\('([\w$]+)'\)/g)].map(([, name = '']) => name)),
  ]
  if (names.length === 0) return ''
  const byTool = /\breadFile\s*\(/.test(system)
  const read = byTool
    ? 'return await readFile({ name })'
    : `const files = { ${names.join(', ')} }\n  const file = files[name]\n  return typeof file === 'string' ? file : file.text`
  const table = code.includes('table(') ? `\n${TABLE}` : ''
  return `async function text(name) {\n  ${read}\n}${table}`
}

const TABLE = `async function table(name) {
  const source = (await text(name)).replace(/^\\uFEFF/, '')
  const head = source.slice(0, source.search(/[\\r\\n]|$/))
  const separator = [';', '\\t', ','].sort((a, b) => head.split(b).length - head.split(a).length)[0]
  const rows = []
  let row = [], cell = '', quoted = false
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at]
    if (quoted) {
      if (sign !== '"') cell += sign
      else if (source[at + 1] === '"') { cell += '"'; at += 1 }
      else quoted = false
    } else if (sign === '"') quoted = true
    else if (sign === separator) { row.push(cell); cell = '' }
    else if (sign === '\\n') { row.push(cell); rows.push(row); row = []; cell = '' }
    else if (sign !== '\\r') cell += sign
  }
  if (cell !== '' || row.length > 0) { row.push(cell); rows.push(row) }
  const [header, ...body] = rows
  return body.filter((cells) => cells.length > 1 || cells[0] !== '')
    .map((cells) => Object.fromEntries(header.map((key, index) => [key.trim(), (cells[index] ?? '').trim()])))
}`
