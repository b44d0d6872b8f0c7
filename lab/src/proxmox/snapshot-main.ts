// The entry of the lab's programs in a startup snapshot: `node --snapshot-blob FILE lab FOLDER PROGRAM ARGUMENT…`.

import { startupSnapshot } from 'node:v8';
import { answerCall } from './answer-call.ts';
import { PROGRAMS } from './programs.ts';

// While the snapshot is made, so that a call finds every program loaded.
for (const load of Object.values(PROGRAMS)) void load();
startupSnapshot.setDeserializeMainFunction(() => void answerCall(process.argv.slice(2)));
