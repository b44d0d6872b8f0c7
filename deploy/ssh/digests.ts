// Prints what `deploy/ssh/scripts` holds: each script that Phoenix runs over ssh, by name and SHA-256. After a change of one:
//   node deploy/ssh/digests.ts > deploy/ssh/scripts

import { createHash } from 'node:crypto';
import * as scripts from '../../src/io/host/ssh-scripts.ts';

/**
 * By the names that the table of commands knows their arguments by; `run` and `guarded` start one of the table's programs, and `session`
 * is given commands to judge.
 */
const SCRIPTS = {
  run: scripts.RUN,
  guarded: scripts.GUARDED,
  session: scripts.SESSION,
  end: scripts.END_GROUP,
  file: scripts.READ_FILE,
  folders: scripts.READ_FOLDERS,
  within: scripts.READ_WITHIN,
  inspect: scripts.INSPECT,
  key: scripts.PUBLIC_KEY,
  write: scripts.WRITE_FILE,
  lines: scripts.ADD_LINES,
  folder: scripts.MAKE_FOLDER,
  place: scripts.PLACE_FILES,
  remove: scripts.REMOVE_FILES,
  connect: scripts.CONNECT,
};

for (const [name, script] of Object.entries(SCRIPTS)) {
  process.stdout.write(`${name} ${createHash('sha256').update(script).digest('hex')}\n`);
}
