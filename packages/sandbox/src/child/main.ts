/**
 * The sandbox's child: one isolate that exchanges frames of text with its parent. It has no files outside its own
 * folder, no network and no event loop, and its environment holds only a zone and a locale. The parent may kill it at
 * any time.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SandboxError } from '@bailiwick/contract/world'
import type IsolatedVm from 'isolated-vm'
import { FramePipe } from './frame-pipe.ts'
import { isolateEngine } from './isolate-engine.ts'
import { serve } from './serve.ts'

const [addonFile = '', memoryMb = ''] = process.argv.slice(2)
const ivm = loadAddon(addonFile)
const prelude = readFileSync(join(__dirname, 'prelude.js'), 'utf8')

const pipe = new FramePipe()
const handle = serve(pipe, prelude, (megabytes) => isolateEngine(ivm, megabytes), Number(memoryMb))
for (let frame = pipe.read(); frame !== undefined && handle(frame); ) frame = pipe.read()
pipe.flush()
process.exit(0)

/**
 * Loads the addon by its file name, because the child may not read `node_modules` and so cannot resolve packages. Call
 * it once: loading the addon twice aborts the process.
 */
function loadAddon(file: string): typeof IsolatedVm {
  const holder: { exports: { ivm?: typeof IsolatedVm } } = { exports: {} }
  process.dlopen(holder, file)
  if (holder.exports.ivm === undefined) throw new SandboxError(`Expected isolated-vm in ${file}, found none.`)
  return holder.exports.ivm
}
