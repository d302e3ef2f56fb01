/** Writes docs/asyncapi.json from the schemas: `node packages/bus/scripts/write-asyncapi.ts`. */
import { writeFile } from 'node:fs/promises'
import { asyncApiDocument } from '../src/protocol/asyncapi.ts'

const file = new URL('../../../docs/asyncapi.json', import.meta.url)
await writeFile(file, `${JSON.stringify(asyncApiDocument('1'), null, 2)}\n`)
