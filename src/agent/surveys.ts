// One look at the whole host per run and manager, shared by all steps: what makes a run without differences cost the same
// for ten guests as for a thousand.

import type { HostReader, Manager } from '../managers/manager.ts';
import type { RunId } from '../model/ids.ts';

export type Surveys = (run: RunId, manager: Manager) => Promise<unknown>;

const KEEP = 8;

export function surveys(host: HostReader): Surveys {
  const taken = new Map<string, Promise<unknown>>();
  return (run, manager) => {
    const key = `${run} ${manager.kind}`;
    const known = taken.get(key);
    if (known !== undefined) return known;
    const survey = manager.survey(host);
    taken.set(key, survey);
    survey.catch(() => taken.delete(key));
    const [oldest] = taken.keys();
    if (taken.size > KEEP && oldest !== undefined) taken.delete(oldest);
    return survey;
  };
}
