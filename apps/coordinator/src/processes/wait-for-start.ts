/**
 * Loaded before a child's own script. It waits until the daemon has recorded this process. If the daemon dies first,
 * nothing could ever find the process, so it ends without doing anything.
 */
import { readSync } from 'node:fs'

if (readSync(0, Buffer.alloc(1)) === 0) process.exit(0)
