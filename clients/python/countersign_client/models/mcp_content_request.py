# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.client_capabilities_enum import ClientCapabilitiesEnum
from ..models.transport_enum import TransportEnum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mcp_content_request_config_schema import McpContentRequestConfigSchema
    from ..models.mcp_header_request import McpHeaderRequest
    from ..models.mcp_package_request import McpPackageRequest
    from ..models.mcp_variable_request import McpVariableRequest


T = TypeVar("T", bound="McpContentRequest")


@_attrs_define
class McpContentRequest:
    """What a server is. A local one has `package` or `program`; a remote one has `url`."""

    name: str
    """ a-z, 0-9 and -, beginning with a letter. """
    title: str | Unset = UNSET
    description: str | Unset = UNSET
    transport: TransportEnum | Unset = UNSET
    """ * `stdio` - stdio
    * `streamable-http` - streamable-http
    * `sse` - sse """
    package: McpPackageRequest | None | Unset = UNSET
    program: str | Unset = UNSET
    """ An absolute path, instead of a package. """
    arguments: list[str] | Unset = UNSET
    working_directory: str | Unset = UNSET
    environment: list[McpVariableRequest] | Unset = UNSET
    url: str | Unset = UNSET
    headers: list[McpHeaderRequest] | Unset = UNSET
    timeout_ms: int | None | Unset = UNSET
    config_schema: McpContentRequestConfigSchema | Unset = UNSET
    """ A JSON schema of settings, for people to read. """
    repository: str | Unset = UNSET
    website: str | Unset = UNSET
    publisher: str | Unset = UNSET
    client_capabilities: list[ClientCapabilitiesEnum] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.mcp_package_request import McpPackageRequest  # noqa: PLC0415

        name = self.name

        title = self.title

        description = self.description

        transport: str | Unset = UNSET
        if not isinstance(self.transport, Unset):
            transport = self.transport.value

        package: dict[str, Any] | None | Unset
        if isinstance(self.package, Unset):
            package = UNSET
        elif isinstance(self.package, McpPackageRequest):
            package = self.package.to_dict()
        else:
            package = self.package

        program = self.program

        arguments: list[str] | Unset = UNSET
        if not isinstance(self.arguments, Unset):
            arguments = self.arguments

        working_directory = self.working_directory

        environment: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.environment, Unset):
            environment = []
            for environment_item_data in self.environment:
                environment_item = environment_item_data.to_dict()
                environment.append(environment_item)

        url = self.url

        headers: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.headers, Unset):
            headers = []
            for headers_item_data in self.headers:
                headers_item = headers_item_data.to_dict()
                headers.append(headers_item)

        timeout_ms: int | None | Unset
        if isinstance(self.timeout_ms, Unset):
            timeout_ms = UNSET
        else:
            timeout_ms = self.timeout_ms

        config_schema: dict[str, Any] | Unset = UNSET
        if not isinstance(self.config_schema, Unset):
            config_schema = self.config_schema.to_dict()

        repository = self.repository

        website = self.website

        publisher = self.publisher

        client_capabilities: list[str] | Unset = UNSET
        if not isinstance(self.client_capabilities, Unset):
            client_capabilities = []
            for client_capabilities_item_data in self.client_capabilities:
                client_capabilities_item = client_capabilities_item_data.value
                client_capabilities.append(client_capabilities_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if title is not UNSET:
            field_dict["title"] = title
        if description is not UNSET:
            field_dict["description"] = description
        if transport is not UNSET:
            field_dict["transport"] = transport
        if package is not UNSET:
            field_dict["package"] = package
        if program is not UNSET:
            field_dict["program"] = program
        if arguments is not UNSET:
            field_dict["arguments"] = arguments
        if working_directory is not UNSET:
            field_dict["working_directory"] = working_directory
        if environment is not UNSET:
            field_dict["environment"] = environment
        if url is not UNSET:
            field_dict["url"] = url
        if headers is not UNSET:
            field_dict["headers"] = headers
        if timeout_ms is not UNSET:
            field_dict["timeout_ms"] = timeout_ms
        if config_schema is not UNSET:
            field_dict["config_schema"] = config_schema
        if repository is not UNSET:
            field_dict["repository"] = repository
        if website is not UNSET:
            field_dict["website"] = website
        if publisher is not UNSET:
            field_dict["publisher"] = publisher
        if client_capabilities is not UNSET:
            field_dict["client_capabilities"] = client_capabilities

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_content_request_config_schema import (
            McpContentRequestConfigSchema,  # noqa: PLC0415
        )
        from ..models.mcp_header_request import McpHeaderRequest  # noqa: PLC0415
        from ..models.mcp_package_request import McpPackageRequest  # noqa: PLC0415
        from ..models.mcp_variable_request import McpVariableRequest  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        title = d.pop("title", UNSET)

        description = d.pop("description", UNSET)

        _transport = d.pop("transport", UNSET)
        transport: TransportEnum | Unset
        if isinstance(_transport, Unset):
            transport = UNSET
        else:
            transport = TransportEnum(_transport)

        def _parse_package(data: object) -> McpPackageRequest | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                package_type_0 = McpPackageRequest.from_dict(data)

                return package_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(McpPackageRequest | None | Unset, data)

        package = _parse_package(d.pop("package", UNSET))

        program = d.pop("program", UNSET)

        arguments = cast(list[str], d.pop("arguments", UNSET))

        working_directory = d.pop("working_directory", UNSET)

        _environment = d.pop("environment", UNSET)
        environment: list[McpVariableRequest] | Unset = UNSET
        if _environment is not UNSET:
            environment = []
            for environment_item_data in _environment:
                environment_item = McpVariableRequest.from_dict(environment_item_data)

                environment.append(environment_item)

        url = d.pop("url", UNSET)

        _headers = d.pop("headers", UNSET)
        headers: list[McpHeaderRequest] | Unset = UNSET
        if _headers is not UNSET:
            headers = []
            for headers_item_data in _headers:
                headers_item = McpHeaderRequest.from_dict(headers_item_data)

                headers.append(headers_item)

        def _parse_timeout_ms(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        timeout_ms = _parse_timeout_ms(d.pop("timeout_ms", UNSET))

        _config_schema = d.pop("config_schema", UNSET)
        config_schema: McpContentRequestConfigSchema | Unset
        if isinstance(_config_schema, Unset):
            config_schema = UNSET
        else:
            config_schema = McpContentRequestConfigSchema.from_dict(_config_schema)

        repository = d.pop("repository", UNSET)

        website = d.pop("website", UNSET)

        publisher = d.pop("publisher", UNSET)

        _client_capabilities = d.pop("client_capabilities", UNSET)
        client_capabilities: list[ClientCapabilitiesEnum] | Unset = UNSET
        if _client_capabilities is not UNSET:
            client_capabilities = []
            for client_capabilities_item_data in _client_capabilities:
                client_capabilities_item = ClientCapabilitiesEnum(client_capabilities_item_data)

                client_capabilities.append(client_capabilities_item)

        mcp_content_request = cls(
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

        return mcp_content_request
