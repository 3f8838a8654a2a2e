/**
 * A self-signed certificate for 127.0.0.1 and localhost with its key. It guards nothing: only tests trust it.
 * Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost
 * -addext subjectAltName=DNS:localhost,IP:127.0.0.1`.
 */
export const certificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUQ2K5kGOrs9456Eo8Tkx+NRbqbxAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAyNDAyMloYDzIxMjYxMDMw
MDI0MDIyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASy+Q+X2Q89YMRjhVQXW0nnqmCIXxzmeT6aZiiVCK+rxiatirYmgGJE
l6jGe6PlqDt1e/ZyNrfYiaLQ1/nFMhuHo28wbTAdBgNVHQ4EFgQUGDI/0b90vtxy
M+IlAvOb+kvBueAwHwYDVR0jBBgwFoAUGDI/0b90vtxyM+IlAvOb+kvBueAwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgT5EK3mZ3ulAvQrBwflKNpj/QNdf/9pjnOAljMY7YPaUCIBnv
X6INxCRd+XuIAwsFuAWGPj8d+TCDhiKFYT5SLi6K
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2jWm7Vu7BYXemzXe
KdvEMIFYx8IAXmtvQTWI4GIco+WhRANCAASy+Q+X2Q89YMRjhVQXW0nnqmCIXxzm
eT6aZiiVCK+rxiatirYmgGJEl6jGe6PlqDt1e/ZyNrfYiaLQ1/nFMhuH
-----END PRIVATE KEY-----`,
};
