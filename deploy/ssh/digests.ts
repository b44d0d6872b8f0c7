// Prints the content of `deploy/ssh/scripts`: each script that Phoenix runs over SSH, by name and SHA-256. Run it after a change of one:
//   node deploy/ssh/digests.ts > deploy/ssh/scripts

import { createHash } from 'node:crypto';
import * as scripts from '../../src/io/host/ssh-scripts.ts';

/**
 * Scripts by their names in the table of commands, which describes their arguments; `run` and `guarded` start a program of the table, and `session`
 * reads commands that are checked one by one.
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
