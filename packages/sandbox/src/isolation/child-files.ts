import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { SandboxError } from '@bailiwick/contract/world'
import { sourceBundle } from './source-bundle.ts'

/** The files that a child process consists of. */
export interface ChildFiles {
  /** The only folder that the child may read. */
  folder: string
  /** The child's program, a CommonJS bundle. */
  main: string
  /** The script that runs inside the isolate before any guest code. */
  prelude: string
  /** isolated-vm's binary for this platform and runtime. */
  addon: string
}

/**
 * Finds the child's files. If this module runs from source, they are bundled from source first.
 *
 * @throws SandboxError if the package is not built, or isolated-vm has no binary for this machine
 */
export function childFiles(): ChildFiles {
  const runsFromSource = import.meta.filename.endsWith('.ts')
  const folder = realpathSync(runsFromSource ? sourceBundle() : packagedBundle())
  return { folder, main: join(folder, 'child.cjs'), prelude: join(folder, 'prelude.js'), addon: addonFile() }
}

function packagedBundle(): string {
  const folder = join(import.meta.dirname, '../box')
  if (existsSync(join(folder, 'child.cjs'))) return folder
  throw new SandboxError(`Expected the sandbox's child in ${folder}, found none. Build @bailiwick/sandbox.`)
}

/** isolated-vm ships one binary per platform, runtime version and C library. */
function addonFile(): string {
  const root = dirname(realpathSync(createRequire(import.meta.url).resolve('isolated-vm')))
  const { platform, arch, versions } = process
  const folder = join(root, 'prebuilds', `${platform}-${arch}`)
  const libc = platform === 'linux' ? (isGlibc() ? '.glibc' : '.musl') : ''
  const file = join(folder, `isolated-vm.abi${versions.modules}${libc}.node`)
  if (!existsSync(file)) {
    throw new SandboxError(
      `Expected a binary of isolated-vm for ${platform}-${arch} and Node ${versions.node}, found no ${file}. Use Node 24 or 26 on Linux, macOS (arm64) or Windows (x64).`,
    )
  }
  return file
}

function isGlibc(): boolean {
  const report = process.report as unknown as {
    excludeNetwork: boolean
    getReport(): { header: { glibcVersionRuntime?: string } }
  }
  // Listing the network interfaces makes a report slow.
  const before = report.excludeNetwork
  report.excludeNetwork = true
  const found = report.getReport().header.glibcVersionRuntime !== undefined
  report.excludeNetwork = before
  return found
}
