import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SandboxError } from '@bailiwick/contract/world'

export interface ChildFiles {
  /** The only folder that the child may read. */
  folder: string
  main: string
  prelude: string
  /** isolated-vm's binary for this platform and runtime. */
  addon: string
}

/** Where the child's code is. @throws SandboxError where the package is not built or has no binary for this machine */
export function childFiles(): ChildFiles {
  // From `src` in tests as from `dist` once installed: the child always runs as built.
  const folder = realpathSync(fileURLToPath(new URL('../../dist/', import.meta.url)))
  const box = join(folder, 'box')
  const main = join(box, 'child.cjs')
  if (!existsSync(main))
    throw new SandboxError(`the sandbox's child is not built: no ${main}; run the package's build`)
  return { folder: box, main, prelude: join(box, 'prelude.js'), addon: addonFile() }
}

/** isolated-vm ships its binaries by platform, runtime version and C library. */
function addonFile(): string {
  const root = dirname(realpathSync(createRequire(import.meta.url).resolve('isolated-vm')))
  const { platform, arch, versions } = process
  const folder = join(root, 'prebuilds', `${platform}-${arch}`)
  const libc = platform === 'linux' ? (isGlibc() ? '.glibc' : '.musl') : ''
  const file = join(folder, `isolated-vm.abi${versions.modules}${libc}.node`)
  if (!existsSync(file)) {
    throw new SandboxError(
      `isolated-vm has no binary for ${platform}-${arch} and Node ${versions.node} (looked for ${file}); use Node 24 or 26 on Linux, macOS (arm64) or Windows (x64)`,
    )
  }
  return file
}

function isGlibc(): boolean {
  const report = process.report as unknown as {
    excludeNetwork: boolean
    getReport(): { header: { glibcVersionRuntime?: string } }
  }
  const before = report.excludeNetwork
  report.excludeNetwork = true
  const found = report.getReport().header.glibcVersionRuntime !== undefined
  report.excludeNetwork = before
  return found
}
