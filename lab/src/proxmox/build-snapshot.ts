// Makes the snapshot of the lab's programs: `node build-snapshot.ts FILE`. Node takes one script for a snapshot, so the modules are
// joined into one first.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const [file = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(dirname(file), 'build-'));
try {
  const script = join(folder, 'lab.cjs');
  const blob = join(folder, 'lab.blob');
  const bundle = await rolldown({
    input: fileURLToPath(new URL('snapshot-main.ts', import.meta.url)),
    platform: 'node',
    external: /^node:/,
    plugins: [{ name: 'own-places', transform: placeOfItself }],
  });
  await bundle.write({ file: script, format: 'cjs', codeSplitting: false });
  // Without the warnings about parts of Node that are not proved in snapshots: what the programs use of them is proved by their tests.
  execFileSync(process.execPath, ['--no-warnings', '--snapshot-blob', blob, '--build-snapshot', script]);
  renameSync(blob, file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Where a module asks for its place, it means that of its own file and not of the one that it is joined into. */
function placeOfItself(code: string, id: string): string {
  return code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
}
