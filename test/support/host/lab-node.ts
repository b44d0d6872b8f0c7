// A lab node in a temporary folder, whose programs are called by command lines.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab } from 'phoenix-lab/host';
import { type Answer, type LabNode, openNode, pct, qm } from 'phoenix-lab/state';
import { onTestFinished } from 'vitest';

const DEBIAN = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';

/** Runs command lines on the node: words separated by blanks, `DEBIAN` for the template. */
export type TestNode = {
  readonly node: LabNode;
  run(line: string, stdin?: string): Answer;
  /** Runs command lines that must succeed. */
  do(...lines: string[]): void;
  /** The first line of the error output of a call that must fail. */
  refusal(line: string): string | undefined;
  text(path: string): string;
  write(path: string, text: string): void;
  exists(path: string): boolean;
};

/** Creates an empty node, which is removed at the end of the test. */
export function testNode(orders: object = {}): TestNode {
  const dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  createLab(dir, { programs: false });
  writeFileSync(join(dir, 'lab.json'), JSON.stringify({ lockTimeoutMs: 50, ...orders }));
  const node = openNode(dir);
  const run = (line: string, stdin = ''): Answer => {
    const [program, ...argv] = line.split(' ').map((word) => word.replace('DEBIAN', DEBIAN));
    return (program === 'pct' ? pct : qm)(node, argv, () => Buffer.from(stdin));
  };
  return {
    node,
    run,
    do: (...lines) => {
      for (const line of lines) {
        const { rc, stderr } = run(line);
        if (rc !== 0) throw new Error(`${line}: ${rc} ${stderr}`);
      }
    },
    refusal: (line) => {
      const { rc, stderr } = run(line);
      return rc === 0 ? undefined : stderr.split('\n')[0];
    },
    text: (path) => readFileSync(join(dir, path), 'utf8').replaceAll(/BC:24:11(:[0-9A-F]{2}){3}/g, 'MAC'),
    write: (path, text) => writeFileSync(join(dir, path), text),
    exists: (path) => existsSync(join(dir, path)),
  };
}
