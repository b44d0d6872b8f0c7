// Prints what `deploy/ssh/scripts` holds: each script that Phoenix runs over ssh, by name and SHA-256. After a change of one:
//   node deploy/ssh/digests.ts > deploy/ssh/scripts

import { createHash } from 'node:crypto';
import {
  CONNECT,
  END_GROUP,
  MAKE_FOLDER,
  READ_FILE,
  READ_FOLDERS,
  READ_WITHIN,
  RUN,
  WRITE_FILE,
} from '../../src/io/host/ssh-scripts.ts';

const SCRIPTS = {
  run: RUN,
  end: END_GROUP,
  file: READ_FILE,
  folders: READ_FOLDERS,
  within: READ_WITHIN,
  write: WRITE_FILE,
  folder: MAKE_FOLDER,
  connect: CONNECT,
};

for (const [name, script] of Object.entries(SCRIPTS)) {
  process.stdout.write(`${name} ${createHash('sha256').update(script).digest('hex')}\n`);
}
