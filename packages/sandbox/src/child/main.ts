/**
 * The sandbox's child: one isolate, frames of text, nothing else. It has no environment, no files
 * beyond its own folder, no network and no event loop. It may be killed at any time.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAddon } from './addon.ts'
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
