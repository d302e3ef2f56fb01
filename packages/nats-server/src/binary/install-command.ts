import { access } from 'node:fs/promises'

/** The command that installs a nats-server on this platform, for a person to run. */
export async function installCommand(platform: NodeJS.Platform = process.platform): Promise<string> {
  if (platform === 'darwin') return 'brew install nats-server'
  if (platform === 'win32') return 'scoop install main/nats-server'
  const hasApt = await access('/usr/bin/apt-get').then(
    () => true,
    () => false,
  )
  return hasApt
    ? 'sudo apt-get install nats-server'
    : 'curl -fsSL https://binaries.nats.dev/nats-io/nats-server/v2@latest | sh'
}
