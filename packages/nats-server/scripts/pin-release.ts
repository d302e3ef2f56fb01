/**
 * Writes `src/binary/pinned-release.ts` for a release:
 * `node packages/nats-server/scripts/pin-release.ts 2.15.0 [folder of the release] [file to write]`.
 *
 * Downloads the release's list of digests and each archive that we pin, and fails if one differs from the list. Both come
 * from one place, so compare the digests with a second source (the Dockerfiles in nats-io/nats-docker, packages of
 * distributions) before you commit them.
 */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The archives that we pin, if the release has them. */
const ARCHIVES =
  /^(darwin-(amd64|arm64)|linux-(386|amd64|arm6|arm64|arm7|loong64|ppc64le|s390x))\.tar\.gz$|^windows-(386|amd64|arm64)\.zip$/

const TABLE = fileURLToPath(new URL('../src/binary/pinned-release.ts', import.meta.url))

const [
  version = '',
  folder = `https://github.com/nats-io/nats-server/releases/download/v${version}`,
  file = TABLE,
] = process.argv.slice(2)
if (!/^\d+\.\d+\.\d+$/.test(version))
  throw new Error(`Expected a version such as 2.15.0, found "${version}".`)

const prefix = `nats-server-v${version}-`
const listed = (await download('SHA256SUMS'))
  .toString('utf8')
  .split('\n')
  .flatMap((line) => {
    const [, sum = '', name = ''] = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(line) ?? []
    const kind = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    return ARCHIVES.test(kind) ? [{ kind, sum: sum.toLowerCase() }] : []
  })
  .sort((a, b) => (a.kind < b.kind ? -1 : 1))
if (listed.length === 0) throw new Error(`Expected archives ${prefix}… in ${folder}/SHA256SUMS, found none.`)
for (const { kind, sum } of listed) {
  const found = createHash('sha256')
    .update(await download(prefix + kind))
    .digest('hex')
  if (found !== sum)
    throw new Error(
      `Expected SHA-256 ${sum} for ${prefix}${kind}, as listed, found ${found}. Nothing was written.`,
    )
  console.log(`${sum}  ${prefix}${kind}`)
}
const before = await readFile(TABLE, 'utf8')
const rows = listed.map(({ kind, sum }) => `    '${kind}': '${sum}',\n`).join('')
const after = before
  .replace(/version: '[^']*'/, `version: '${version}'`)
  .replace(/sha256: \{\n[\s\S]*?\n {2}\},/, `sha256: {\n${rows}  },`)
await writeFile(file, after)
console.log('Compare these with a second source, and name it in the comment above the table.')

async function download(name: string): Promise<Buffer> {
  const response = await fetch(`${folder}/${name}`)
  if (!response.ok) throw new Error(`Cannot fetch ${folder}/${name}: HTTP ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
