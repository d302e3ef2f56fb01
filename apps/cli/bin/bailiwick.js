#!/usr/bin/env node
// Plain JavaScript that an old Node reads too: it says what is missing before anything newer is loaded.
import { existsSync } from 'node:fs'

const WANTED = 24
const program = new URL('../dist/command/main.js', import.meta.url)

function problem() {
  if (Number.parseInt(process.versions.node, 10) < WANTED) {
    return `bailiwick wants Node ${WANTED} or newer and runs on ${process.versions.node}: install it from https://nodejs.org; in a clone, "npx -y pnpm@12 bailiwick …" brings one along`
  }
  if (!existsSync(program)) return 'bailiwick is not built yet: run "npx -y pnpm@12 build" in the clone'
  return undefined
}

const found = problem()
if (found === undefined) await import(program.href)
else {
  console.error(found)
  process.exitCode = 2
}
