/** One host process: takes tasks in both ways, and hosts a tool in both ways. */
import { connectFromEnv, serveTool } from '../../packages/bus/dist/index.js'
import { hostOurs } from './our-path.ts'
import { hostRaw } from './raw-path.ts'

const bus = await connectFromEnv('host')
const slots = Number(process.argv[2])
bus.connection.subscribe('raw.echo', {
  queue: 'q',
  callback: (_, message) => void message.respond(message.data),
})
await serveTool(bus, {
  name: 'echo',
  description: 'gives back what it is given',
  input: {},
  effect: 'none',
  run: async (input) => input,
})
await bus.connection.flush()
console.log('ready')
await Promise.all([hostRaw(bus, slots), hostOurs(bus, slots)])
