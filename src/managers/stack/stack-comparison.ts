// How a stack is compared: its variables one by one, its files by their names, and its compose file by its lines. The values of
// secrets must not be shown, so they are not compared: the revision, a digest of everything that affects the deployment, covers their references.

import { dotenvValue } from '../../model/dotenv.ts';
import { type ComparedField, type Comparison, difference, differenceAt, type FoundDifference } from '../comparison.ts';
import { volumeDifferences } from '../portainer-api/docker.ts';
import { orphansIn } from './decide.ts';
import { noteOf } from './note.ts';
import { OWNER, REVISION, type SeenStack, type StackObservation } from './observe.ts';
import { revisionOf, type StackSpec } from './stack-spec.ts';

/** What Portainer has may be a secret: of an earlier version, or one that a person put there. */
const OTHER_VALUE = 'another value';

/** Null: there is none. */
function stackIn(seen: StackObservation): SeenStack | null {
  return seen.kind === 'seen' && seen.endpoint !== null ? seen.stack : null;
}

const variables: ComparedField<StackSpec, StackObservation> = {
  name: 'variables',
  of: ['variables'],
  differences({ spec }, seen) {
    const present = stackIn(seen)?.variables;
    if (present === undefined) return [];
    const wayTo = (name: string) => ['variables', { name, is: { name } }, 'value'];
    const declared = spec.variables.flatMap(({ name, value }): FoundDifference[] => {
      const observed = present.get(name);
      if (typeof value === 'string')
        return observed === dotenvValue(value)
          ? []
          : [difference(wayTo(name), value, observed === undefined ? null : OTHER_VALUE)];
      return observed === undefined && value !== null ? [difference(wayTo(name), value, null)] : [];
    });
    const known = new Set([...spec.variables.map(({ name }) => name), OWNER, REVISION]);
    const others = [...present.keys()].filter((name) => !known.has(name));
    return [...declared, ...others.map((name) => difference(wayTo(name), null, OTHER_VALUE))];
  },
};

export const stackComparison: Comparison<StackSpec, StackObservation> = {
  fields: [
    variables,
    {
      name: 'version',
      of: ['compose', 'additions', 'files', 'project', 'variables'],
      differences(declared, seen) {
        const stack = stackIn(seen);
        // Another version is that of the variables where they differ.
        if (stack === null || variables.differences(declared, seen).length > 0) return [];
        const observed = stack.variables.get(REVISION);
        const found = differenceAt(
          ['version'],
          `version ${revisionOf(declared.spec)}`,
          observed === undefined ? null : `version ${observed}`,
        );
        return found.length === 0
          ? []
          : [...changedFiles(declared.spec, seen), ...found.map(withText(declared.spec, seen))];
      },
    },
  ],
  rest({ spec, target }, seen) {
    if (seen.kind === 'unknown' || seen.endpoint === null || spec.service === null) return [];
    const { stack } = seen;
    const volumes = volumeDifferences(spec.volumes, seen.folders);
    if (stack === null) return [difference([`stack ${spec.project}`], 'deployed', null), ...volumes];
    if (stack.variables.get(OWNER) !== target)
      return [difference([`stack ${spec.project}`], `of ${target}`, stack.variables.get(OWNER) ?? 'made by others')];
    const isVersion = stack.variables.get(REVISION) === revisionOf(spec);
    const changed =
      isVersion && !seen.intact
        ? [difference(['docker-compose.yml'], 'as it was sent', 'changed in Portainer')].map(withText(spec, seen))
        : [];
    const found = [...stateDifferences(stack), ...changed, ...orphansIn(seen).map(leftOver), ...volumes];
    const isNoted = seen.note === noteOf(stack, revisionOf(spec));
    if (found.length > 0 || isNoted || !isVersion) return found;
    return [difference(['note'], 'as deployed', seen.note === null ? null : 'another one')];
  },
};

/** The difference with the compose files to be compared, where Portainer's was read. */
function withText({ compose: blob, additions }: StackSpec, seen: StackObservation) {
  const observed = seen.kind === 'seen' ? seen.text : null;
  return (found: FoundDifference): FoundDifference =>
    observed === null ? found : { ...found, compose: { blob, additions, observed } };
}

/** Files that are mounted with another content than declared: the path of one in its VM depends on its content. */
function changedFiles({ files }: StackSpec, seen: StackObservation): FoundDifference[] {
  const text = seen.kind === 'seen' ? seen.text : null;
  if (text === null) return [];
  return files
    .filter(({ path }) => !text.includes(path))
    .map(({ path }) => difference(['files', fileName(path)], 'as in the repository', 'another one, or none'));
}

/** Without the digest before it. */
function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/^[0-9a-f]{12}-/, '');
}

function stateDifferences({ status, failure, name }: SeenStack): FoundDifference[] {
  if (status === 'active') return [];
  return [difference([`stack ${name}`], 'running', status === 'failed' ? (failure?.message ?? status) : status)];
}

/** A container of a service that the compose file has no more. */
function leftOver(name: string): FoundDifference {
  return difference([`container ${name}`], null, 'there');
}
