/** The server of the bench, in a process of its own: a reply of as many deltas as the argument says. */
import { startOpenAiServer } from '../../packages/models/dist/testing/index.js'

const reply = Array.from({ length: Number(process.argv[2]) }, (_, n) => `word${n} `).join('')
const server = await startOpenAiServer({ reply })
process.send?.(server.url)
// Ends with its parent, however that ended.
process.once('disconnect', () => server[Symbol.asyncDispose]())
