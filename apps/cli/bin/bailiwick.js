#!/usr/bin/env node
// Plain JavaScript that an old Node reads too: it says what is missing before anything newer is loaded.
const MIN_NODE = 24

if (Number.parseInt(process.versions.node, 10) < MIN_NODE) {
  console.error(
    `Expected Node ${MIN_NODE} or newer, found ${process.versions.node}. Install it from https://nodejs.org; in a clone, "npx -y pnpm@12 bailiwick …" brings one along.`,
  )
  process.exitCode = 2
} else {
  await import('bailiwick/main')
}
