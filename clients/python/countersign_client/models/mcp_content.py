# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.client_capabilities_enum import ClientCapabilitiesEnum
from ..models.transport_enum import TransportEnum

if TYPE_CHECKING:
    from ..models.mcp_content_config_schema import McpContentConfigSchema
    from ..models.mcp_header import McpHeader
    from ..models.mcp_package import McpPackage
    from ..models.mcp_variable import McpVariable


T = TypeVar("T", bound="McpContent")


@_attrs_define
class McpContent:
    """What a server is. A local one has `package` or `program`; a remote one has `url`."""

    name: str
    """ a-z, 0-9 and -, beginning with a letter. """
    title: str
    description: str
    transport: TransportEnum
    """ * `stdio` - stdio
    * `streamable-http` - streamable-http
    * `sse` - sse """
    package: McpPackage | None
    program: str
    """ An absolute path, instead of a package. """
    arguments: list[str]
    working_directory: str
    environment: list[McpVariable]
    url: str
    headers: list[McpHeader]
    timeout_ms: int | None
    config_schema: McpContentConfigSchema
    """ A JSON schema of settings, for people to read. """
    repository: str
    website: str
    publisher: str
    client_capabilities: list[ClientCapabilitiesEnum]

    def to_dict(self) -> dict[str, Any]:
        from ..models.mcp_package import McpPackage  # noqa: PLC0415

        name = self.name

        title = self.title

        description = self.description

        transport = self.transport.value

        package: dict[str, Any] | None
        if isinstance(self.package, McpPackage):
            package = self.package.to_dict()
        else:
            package = self.package

        program = self.program

        arguments = self.arguments

        working_directory = self.working_directory

        environment = []
        for environment_item_data in self.environment:
            environment_item = environment_item_data.to_dict()
            environment.append(environment_item)

        url = self.url

        headers = []
        for headers_item_data in self.headers:
            headers_item = headers_item_data.to_dict()
            headers.append(headers_item)

        timeout_ms: int | None
        timeout_ms = self.timeout_ms

        config_schema = self.config_schema.to_dict()

        repository = self.repository

        website = self.website

        publisher = self.publisher

        client_capabilities = []
        for client_capabilities_item_data in self.client_capabilities:
            client_capabilities_item = client_capabilities_item_data.value
            client_capabilities.append(client_capabilities_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "title": title,
                "description": description,
                "transport": transport,
                "package": package,
                "program": program,
                "arguments": arguments,
                "working_directory": working_directory,
                "environment": environment,
                "url": url,
                "headers": headers,
                "timeout_ms": timeout_ms,
                "config_schema": config_schema,
                "repository": repository,
                "website": website,
                "publisher": publisher,
                "client_capabilities": client_capabilities,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_content_config_schema import McpContentConfigSchema  # noqa: PLC0415
        from ..models.mcp_header import McpHeader  # noqa: PLC0415
        from ..models.mcp_package import McpPackage  # noqa: PLC0415
        from ..models.mcp_variable import McpVariable  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        title = d.pop("title")

        description = d.pop("description")

        transport = TransportEnum(d.pop("transport"))

        def _parse_package(data: object) -> McpPackage | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                package_type_0 = McpPackage.from_dict(data)

                return package_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(McpPackage | None, data)

        package = _parse_package(d.pop("package"))

        program = d.pop("program")

        arguments = cast(list[str], d.pop("arguments"))

        working_directory = d.pop("working_directory")

        environment = []
        _environment = d.pop("environment")
        for environment_item_data in _environment:
            environment_item = McpVariable.from_dict(environment_item_data)

            environment.append(environment_item)

        url = d.pop("url")

        headers = []
        _headers = d.pop("headers")
        for headers_item_data in _headers:
            headers_item = McpHeader.from_dict(headers_item_data)

            headers.append(headers_item)

        def _parse_timeout_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        timeout_ms = _parse_timeout_ms(d.pop("timeout_ms"))

        config_schema = McpContentConfigSchema.from_dict(d.pop("config_schema"))

        repository = d.pop("repository")

        website = d.pop("website")

        publisher = d.pop("publisher")

        client_capabilities = []
        _client_capabilities = d.pop("client_capabilities")
        for client_capabilities_item_data in _client_capabilities:
            client_capabilities_item = ClientCapabilitiesEnum(client_capabilities_item_data)

            client_capabilities.append(client_capabilities_item)

        mcp_content = cls(
            name=name,
            title=title,
            description=description,
            transport=transport,
            package=package,
            program=program,
            arguments=arguments,
            working_directory=working_directory,
            environment=environment,
            url=url,
            headers=headers,
            timeout_ms=timeout_ms,
            config_schema=config_schema,
            repository=repository,
            website=website,
            publisher=publisher,
            client_capabilities=client_capabilities,
        )

        return mcp_content
