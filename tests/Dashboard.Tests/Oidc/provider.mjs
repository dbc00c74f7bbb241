// A real OpenID Connect provider on a free port of loopback: whoever signs in is whom they say. Prints its address, ends with its input.
import http from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';

const server = http.createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
    clients: [{
        client_id: 'wobble', client_secret: 'a-secret-of-the-tests', token_endpoint_auth_method: 'client_secret_post',
        // Of a native application any port of loopback may be the one that it listens on.
        application_type: 'native', redirect_uris: ['http://127.0.0.1/sign-in/provider/back'],
    }],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unproved') }) }),
    cookies: { keys: ['of the tests'] },
});
server.on('request', provider.callback());
process.stdin.on('end', () => process.exit()).resume();
console.log(`listening ${issuer}`);
