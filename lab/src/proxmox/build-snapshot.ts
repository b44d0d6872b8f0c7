// Builds the startup snapshot of the lab's programs: `node build-snapshot.ts FILE`. Node takes one script for a snapshot, so the modules are bundled
// first.

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
  // Suppresses warnings about Node modules that are not verified for snapshots: the programs' tests cover what they use.
  execFileSync(process.execPath, ['--no-warnings', '--snapshot-blob', blob, '--build-snapshot', script]);
  renameSync(blob, file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** `import.meta.url` must be that of a module's own file, not that of the bundle. */
function placeOfItself(code: string, id: string): string {
  return code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
}
