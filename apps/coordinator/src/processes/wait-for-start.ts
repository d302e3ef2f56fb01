/**
 * Loaded before a child's own script: it waits for the word that this process is written down. Where the daemon
 * dies before that, nobody would ever find it, and it ends with nothing done.
 */
import { readSync } from 'node:fs'

if (readSync(0, Buffer.alloc(1)) === 0) process.exit(0)
