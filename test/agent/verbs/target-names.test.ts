// Every target that a plan can show can be named as shown: over HTTP, in a comment, in a commit message, by a check's button, on the command line.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApproveBody, CommandBody, ReplayBody, TargetPath } from '../../../src/agent/http/requests.ts';
import { parseCheckEvent } from '../../../src/agent/http/webhook/events/check.ts';
import { commandIn, commandText } from '../../../src/agent/http/webhook/events/comment.ts';
import { targetsOf } from '../../../src/cli/agent/verbs/words.ts';
import { allTargets } from '../../../src/managers/index.ts';
import { kindOf, nameOf, type TargetId } from '../../../src/model/ids.ts';
import { trailers, trailerText } from '../../../src/plan/policy/trailers.ts';
import { loadFiles } from '../../load/environment.ts';
import { exampleFiles } from '../../managers/datacenter/example.ts';
import { wholeEnvironment } from '../../security/whole-environment.ts';
import { runs } from '../../support/runs.ts';

const A = 'a'.repeat(40);

const ids = [wholeEnvironment(), exampleFiles()].flatMap((files): TargetId[] => {
  const { config } = loadFiles(files);
  if (config === null) throw new Error('the environment is not sound');
  return [...allTargets(config).keys()];
});

/** Names that files may contain and those environments do not: spaces, parentheses, other scripts. */
const odd = ['portainer/environment.My Docker (prod)', 'portainer/environment.Küche', 'certificate/*.example.org'];
const targets = fc.uniqueArray(fc.constantFrom(...ids, ...(odd as TargetId[])), { minLength: 1, maxLength: 20 });

test('the environments have names of every sort', () => {
  expect(ids.map((id) => nameOf(id)).filter((name) => /[:@!.]/.test(name)).length).toBeGreaterThan(3);
});

test('every target is named as it is shown, alone and beside others', () => {
  fc.assert(
    fc.property(targets, (named) => {
      for (const target of named) {
        expect(TargetPath.parse({ kind: kindOf(target), name: nameOf(target) })).toBe(target);
        expect(ApproveBody.parse({ target }).target).toBe(target);
        expect(checked(target)).toEqual([target]);
      }
      expect(ReplayBody.parse({ commit: 'main', targets: named }).targets).toEqual(named);
      expect(CommandBody.parse({ verb: 'start', targets: named }).targets).toEqual(named);
      expect(targetsOf('start', { names: 'one or more' }, { words: named, all: false })).toEqual(named);
      const ask = { what: 'approve', targets: named, pull: 1 } as const;
      expect(commandIn(commandText(ask), 1)).toEqual(ask);
      const approvals = named.map((target) => ({ impact: 'destroy', target }));
      expect(trailers(`Take it away\n\n${approvals.map(trailerText).join('\n')}`)).toEqual(approvals);
    }),
    { numRuns: runs(100) },
  );
});

/** The request of a button of a check. */
function checked(target: TargetId): unknown {
  const meaning = parseCheckEvent({
    action: 'requested_action',
    sender: { login: 'ada', type: 'User' },
    requested_action: { identifier: 'approve' },
    check_run: { name: `phoenix/${target}`, head_sha: A, external_id: `run/7/${target}` },
  });
  return meaning.kind === 'event' && 'ask' in meaning.event && 'targets' in meaning.event.ask
    ? meaning.event.ask.targets
    : meaning;
}
