// Response objects of GitHub's Checks API.

import type { Parts } from '../parts.ts';
import type { Annotation } from './check-rules.ts';
import type { LabCheck } from './checks.ts';
import { appShape, nodeId } from './shapes.ts';

export function checkShape({ place, people, apps }: Pick<Parts, 'place' | 'people' | 'apps'>, check: LabCheck) {
  const { id, name, head_sha, external_id, details_url, status, conclusion, started_at, completed_at } = check;
  const url = `${place.api}/repos/${place.repository}/check-runs/${id}`;
  const app = apps.get(check.app);
  return {
    id,
    node_id: nodeId('CheckRun', id),
    name,
    head_sha,
    external_id,
    url,
    html_url: `${place.page}/runs/${id}`,
    details_url,
    status,
    conclusion,
    started_at,
    completed_at,
    output: {
      title: check.title,
      summary: check.summary,
      text: check.text,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: check.suite },
    app: app === undefined ? null : appShape(place, people, app),
    pull_requests: [],
  };
}

export function annotationShape({ place }: Pick<Parts, 'place'>, check: LabCheck, given: Annotation) {
  const { path, start_line, end_line, annotation_level, message } = given;
  return {
    path,
    start_line,
    end_line,
    start_column: given.start_column ?? null,
    end_column: given.end_column ?? null,
    annotation_level,
    title: given.title ?? null,
    message,
    raw_details: given.raw_details ?? null,
    blob_href: `${place.page}/blob/${check.head_sha}/${path}`,
  };
}
