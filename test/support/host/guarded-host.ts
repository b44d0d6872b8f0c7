// A host behind the forced command: a command that the table does not allow fails at once, in any test.

import type { Host } from '../../../src/ports/host.ts';
import { shapeFor } from './phoenix-shell.ts';

/** Commands that are allowed for kinds that only exist in tests, as words joined by blanks. */
const madeUp: RegExp[] = [];

export function letThrough(...shapes: readonly RegExp[]): void {
  madeUp.push(...shapes);
}

/** The arguments of one of Phoenix's scripts, after their marker, PATH and root. */
function allow(words: readonly string[]): void {
  if (shapeFor(words) !== undefined || madeUp.some((shape) => shape.test(words.join(' ')))) return;
  throw new Error(`deploy/ssh/table.ts has no shape for ${JSON.stringify(words)}: add a line, or send another command`);
}

const bits = (mode: number | undefined): string => (mode === undefined ? '' : `0${mode.toString(8)}`);

export function guardedHost(host: Host): Host {
  return {
    ...host,
    async run(command, options) {
      const { stdin } = command;
      const known = stdin === undefined ? '' : stdin.from === 'text' ? stdin.text : 'ada:$6$salt$hash\n';
      if (shapeFor([command.program, ...command.args], known) === undefined) allow([command.program, ...command.args]);
      return host.run(command, options);
    },
    async readFile(path) {
      allow([':file', path]);
      return host.readFile(path);
    },
    async readFolders(folders) {
      allow([':folders', ...folders]);
      return host.readFolders(folders);
    },
    async inspect(paths) {
      allow([':inspect', ...paths]);
      return host.inspect(paths);
    },
    async publicKey(path) {
      allow([':key', path]);
      return host.publicKey(path);
    },
    async writeFile(write) {
      const { owner } = write;
      const words = [bits(write.mode), owner === undefined ? '' : `${owner.uid}:${owner.gid}`, write.expects ?? ''];
      allow([':write', write.path, ...words]);
      return host.writeFile(write);
    },
    async addLines(add) {
      const before = [bits(add.absent.mode), String(add.absent.lines.length), ...add.absent.lines];
      allow([':lines', add.path, ...before, ...add.lines]);
      return host.addLines(add);
    },
    async makeFolder(make) {
      const owner = `${make.uid ?? ''}${make.gid === null ? '' : `:${make.gid}`}`;
      allow([':folder', make.path, owner, bits(make.mode)]);
      return host.makeFolder(make);
    },
    async placeFiles(place) {
      const words = place.files.flatMap(({ from, to, mode, owner }) => [
        from,
        to,
        bits(mode),
        `${owner.uid}:${owner.gid}`,
      ]);
      allow([':place', ...words]);
      return host.placeFiles(place);
    },
    async removeFiles(remove) {
      allow([':remove', ...remove.paths]);
      return host.removeFiles(remove);
    },
  };
}
