from mcp_servers.models.approval import McpApproval, McpToolSwitch
from mcp_servers.models.engine_status import McpEngineStatus, McpIncident
from mcp_servers.models.probe import McpProbe
from mcp_servers.models.request import McpCheck, McpRequest
from mcp_servers.models.secret import McpSecret
from mcp_servers.models.server import McpServer

__all__ = [
    "McpApproval",
    "McpCheck",
    "McpEngineStatus",
    "McpIncident",
    "McpProbe",
    "McpRequest",
    "McpSecret",
    "McpServer",
    "McpToolSwitch",
]
