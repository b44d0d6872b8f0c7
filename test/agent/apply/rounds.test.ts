// The actions of one round: none whose precondition an earlier action of the round has broken, and none that had no effect before.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CarriedOut, stillApplicable } from '../../../src/agent/apply/rounds.ts';
import { textDigest } from '../../../src/managers/guest/digest.ts';
import type { Action, Command } from '../../../src/model/action.ts';

const CONF = '/etc/pve/lxc/101.conf';

function act(what: Action['do'], more: Partial<Action> = {}): Action {
  return { summary: what.kind, impact: 'live', do: what, ...more };
}

function command(program: string, ...args: string[]): Action {
  return act({ kind: 'command', program, args, timeoutSeconds: 10 });
}

function write(path: string, text: string, expects?: string): Action {
  const file = { kind: 'file', path, content: { from: 'text', text }, mode: 0o644 } as const;
  return act(expects === undefined ? file : { ...file, expects });
}

describe('a precondition', () => {
  test.each([
    ['a snapshot', command('pct', 'snapshot', '101', 'phoenix-before')],
    ['a setting', command('pct', 'set', '101', '--memory', '512')],
    ['a start', command('pct', 'start', '101')],
    ['a clone onto it', command('pct', 'clone', '900', '101')],
    [
      'a file that took its place',
      act({ kind: 'place', files: [{ from: '/x', to: CONF, owner: { uid: 0, gid: 0 }, mode: 0o640 }] }),
    ],
    ['a file that was written', write(CONF, 'other')],
    ['a file that was removed', act({ kind: 'remove', paths: [CONF] })],
  ])('is looked at again after %s, whether of the change or of its way back', (_, earlier) => {
    const last = write(CONF, 'new', textDigest('old'));
    expect(stillApplicable([], [earlier, last])).toEqual([earlier]);
    expect(stillApplicable([earlier], [last])).toEqual([]);
  });

  test.each([
    ['another guest', command('pct', 'set', '102', '--memory', '512')],
    ['a VM of that number in its name', command('systemctl', 'restart', '101')],
    ['a script inside', command('pct', 'exec', '101', '--', 'true')],
    ['another file', write('/etc/pve/lxc/102.conf', 'other')],
    ['what is written by itself', write(CONF, 'old')],
  ])('holds after %s', (_, earlier) => {
    const list = [earlier, write(CONF, 'new', textDigest('old'))];
    expect(stillApplicable([], list)).toEqual(list);
  });

  test('that follows from an own action holds', () => {
    const list = [
      act({ kind: 'remove', paths: ['/x'] }),
      write('/x', 'one', 'absent'),
      write('/x', 'two', textDigest('one')),
    ];
    expect(stillApplicable([], list)).toEqual(list);
  });

  test('never fails because of an earlier action, whatever the actions are', () => {
    const paths = [CONF, '/etc/pve/qemu-server/102.conf', '/etc/pve/firewall/101.fw', '/etc/x'];
    const path = fc.constantFrom(...paths);
    const text = fc.constantFrom('a', 'b');
    const expected = fc.constantFrom('absent', textDigest('a'), textDigest('b'), textDigest('seen'));
    const any = fc.oneof(
      fc.tuple(path, text, fc.option(expected, { nil: undefined })).map((each) => write(...each)),
      path.map((one) => act({ kind: 'remove', paths: [one] })),
      fc
        .tuple(
          fc.constantFrom('pct', 'qm'),
          fc.constantFrom('set', 'destroy', 'exec', 'clone'),
          fc.constantFrom('101', '102'),
        )
        .map(([program, verb, id]) => command(program, verb, id)),
      fc.constant(command('apt-get', 'install', 'x')),
    );
    fc.assert(
      fc.property(fc.array(any), fc.array(any, { maxLength: 8 }), (before, actions) => {
        const todo = stillApplicable(before, actions);
        expect(actions.slice(0, todo.length)).toEqual(todo);
        // The observation covers what the first actions expect; what a program leaves behind is not observed.
        const files = new Map<string, string>();
        for (const { do: what } of [...before, ...todo]) {
          if (what.kind === 'file') {
            const now = files.get(what.path);
            if (todo.some(({ do: one }) => one === what) && what.expects !== undefined && now !== undefined)
              expect(now).toBe(what.expects);
            files.set(what.path, what.content.from === 'text' ? textDigest(what.content.text) : 'unknown');
          } else if (what.kind === 'remove') for (const one of what.paths) files.set(one, 'absent');
          else if (what.kind === 'command') for (const one of changedBy(what, paths)) files.set(one, 'unknown');
        }
      }),
    );
  });
});

/** Said otherwise than by the code that is tested. */
function changedBy({ program, args }: Command, paths: readonly string[]): string[] {
  const [verb, id] = args;
  if (program === 'apt-get') return paths.filter((path) => path.startsWith('/etc/'));
  if (verb === 'exec') return [];
  const conf = [`/etc/pve/lxc/${id}.conf`, `/etc/pve/qemu-server/${id}.conf`];
  return paths.filter((path) => conf.includes(path) || (verb !== 'set' && path === `/etc/pve/firewall/${id}.fw`));
}

describe('what was carried out in an earlier round', () => {
  const repeated = (first: Action, then: Action): boolean => {
    const done = new CarriedOut();
    done.add([first]);
    return done.repeatedIn([command('pct', 'start', '101'), then]) === then;
  };
  const set = (...words: string[]): Action => command('pct', 'set', '101', ...words);

  test.each([
    ['a setting', set('--memory', '512'), set('--memory', '512')],
    ['a setting among others', set('--memory', '512', '--cores', '2'), set('--cores', '2', '--swap', '0')],
    ['a volume at another index', set('--mp0', 'rpool:8,mp=/data'), set('--mp1', 'rpool:8,mp=/data')],
    [
      'a disk at another index',
      command('qm', 'set', '9', '--scsi1', 'rpool:8'),
      command('qm', 'set', '9', '--scsi2', 'rpool:8'),
    ],
    ['a deletion', set('--delete', 'mp0'), set('--delete', 'mp0')],
    ['the notes alone', set('--description', 'x'), set('--description', 'x')],
    [
      'a resize',
      command('qm', 'disk', 'resize', '9', 'scsi0', '8G'),
      command('qm', 'disk', 'resize', '9', 'scsi0', '8G'),
    ],
    ['a snapshot', command('pct', 'snapshot', '101', 'x'), command('pct', 'snapshot', '101', 'x')],
    ['a file, whatever it expects', write('/x', 'one', 'absent'), write('/x', 'one', textDigest('two'))],
  ])('is not done again: %s', (_, first, then) => {
    expect(repeated(first, then)).toBe(true);
  });

  test.each([
    ['another value', set('--memory', '512'), set('--memory', '1024')],
    ['another guest', set('--memory', '512'), command('pct', 'set', '102', '--memory', '512')],
    ['another volume', set('--mp0', 'rpool:8,mp=/a'), set('--mp1', 'rpool:8,mp=/b')],
    [
      'the notes with another change',
      set('--memory', '512', '--description', 'x'),
      set('--cores', '1', '--description', 'x'),
    ],
    ['a restart', command('pct', 'shutdown', '101'), command('pct', 'shutdown', '101')],
    [
      'a reload',
      command('systemctl', 'reload-or-restart', 'smbd.service'),
      command('systemctl', 'reload-or-restart', 'smbd.service'),
    ],
    [
      'a folder',
      act({ kind: 'folder', path: '/x', uid: null, gid: null }),
      act({ kind: 'folder', path: '/x', uid: null, gid: null }),
    ],
    ['another content', write('/x', 'one'), write('/x', 'two')],
  ])('may be followed by %s', (_, first, then) => {
    expect(repeated(first, then)).toBe(false);
  });

  test('may be waited for and tried again', () => {
    const wait = { ...command('qm', 'disk', 'resize', '9', 'scsi0', '8G'), until: { times: 3, intervalSeconds: 1 } };
    expect(repeated(wait, wait)).toBe(false);
    const tried = { ...command('pct', 'delsnapshot', '101', 'x'), failure: 'observe' } as const;
    expect(repeated(tried, tried)).toBe(false);
  });
});
