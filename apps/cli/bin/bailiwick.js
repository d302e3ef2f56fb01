#!/usr/bin/env node
// Plain JavaScript that an old Node can read too, so that the error below can name the Node that is needed.
const MIN_NODE = 24

if (Number.parseInt(process.versions.node, 10) < MIN_NODE) {
  console.error(
    `Expected Node ${MIN_NODE} or newer, found ${process.versions.node}. Install it from https://nodejs.org. In a clone, run "npx -y pnpm@12 bailiwick …" instead: it brings its own Node.`,
  )
  process.exitCode = 2
} else {
  const [{ enableCompileCache }, { homedir }, { isAbsolute, join }] = await Promise.all([
    import('node:module'),
    import('node:os'),
    import('node:path'),
  ])
  // Keep compiled code between commands, which nearly halves the time to start, also that of the daemon and its hosts.
  // Node's default folder is below /tmp, where another user could plant code.
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bailiwick', 'compiled')
  if (isAbsolute(cache)) {
    enableCompileCache(cache)
    process.env.NODE_COMPILE_CACHE ||= cache
  }
  await import('bailiwick/main')
}
