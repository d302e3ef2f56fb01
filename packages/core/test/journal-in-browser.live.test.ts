import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const PROGRAM = `
import { foldRunView, foldTaskView, foldTaskWorld, memoryJournal, JournalWriter } from '@bailiwick/core/journal'
import { decodeValue, encodeValue } from '@bailiwick/contract'

const grant = { level: 3, tools: [], delegates: [], imports: [], budget: {}, approval: 'never' }
const spec = { run: 'r', owner: 'user', task: 'r-t1', agent: 'a', name: 't1', text: 'x', inputs: [], results: {}, seed: 's', depth: 0, grant }
const records = [
  { type: 'task.created', at: 1, ...spec },
  { type: 'task.started', at: 2, attempt: 1, host: 'h', level: 3, engine: { node: '1', v8: '1', bailiwick: '1' } },
]
const submitted = { type: 'run.submitted', at: 1, strategy: 'plan', owner: 'user' }
new JournalWriter(memoryJournal()).write(records[0])
result = {
  world: foldTaskWorld(records).attempt,
  view: records.reduce(foldTaskView, undefined).status,
  run: foldRunView(undefined, submitted).plans,
  bytes: decodeValue(encodeValue(new Uint8Array([0, 127, 255]))).join(),
}
`

it('runs in a browser, without node: modules, Buffer or process', async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    // An import of a node: module fails the build.
    platform: 'browser',
    format: 'iife',
    conditions: ['@bailiwick/source'],
  })
  // An empty context has only the language. These are the browser's functions that the bundle uses.
  const context = { result: undefined, atob, btoa, setTimeout, clearTimeout }
  runInNewContext(outputFiles[0]?.text ?? '', context)
  expect(context.result).toEqual({ world: 1, view: 'working', run: 0, bytes: '0,127,255' })
})
