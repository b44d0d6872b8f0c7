// Entry point of the lab's programs without a startup snapshot: `node main.ts FOLDER PROGRAM ARGUMENT…`.

import { answerCall } from './answer-call.ts';

await answerCall(process.argv.slice(2));
